/** A text, or a comment, or a comma too many; texts are told apart so that they stay. */
const PARTS = /"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
const COMMAS = /"(?:[^"\\]|\\.)*"|,(?=\s*[}\]]|\s*$)/g;

/** JSON with comments and commas behind the last value, as editors write it, as plain JSON. */
export function stripJson(text: string): string {
  const keepTexts = (part: string) => (part.startsWith('"') ? part : "");
  return text.replace(PARTS, keepTexts).replace(COMMAS, keepTexts);
}
