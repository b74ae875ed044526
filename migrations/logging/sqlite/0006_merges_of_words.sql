-- Each transaction adds a part to the index of words. To bring parts together is
-- a tenth of what storing a call costs; of eight at a time, each word is brought
-- along less often than of four.
INSERT INTO tool_call_words (tool_call_words, rank) VALUES ('automerge', 8);
