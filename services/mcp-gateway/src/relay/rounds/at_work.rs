use crate::{
    bridge::{AtWork, capability_of},
    message::{ErrorCode, Reply, object_members},
    relay::Caller,
    session::AskedQuestion,
};

impl AtWork {
    /// Takes in what the server asks, if the client can be asked that.
    pub(super) fn take_question(&mut self, caller: &Caller, asked: AskedQuestion) {
        let is_able = capability_of(&asked.question.method)
            .zip(caller.session.as_ref())
            .is_some_and(|(capability, session)| session.is_able(capability));
        if !is_able {
            asked.question.refuse(
                ErrorCode::MethodNotFound,
                "the client has not declared that it answers that",
            );
            return;
        }
        self.asked += 1;
        let key = format!("{}-{}", asked.question.method.replace('/', "-"), self.asked);
        self.open.push((key, asked));
    }

    /// Hands the client's answers to the server. What is not answered stays open.
    pub(super) fn take_answers(&mut self, responses: &str) {
        let responses = object_members(responses).unwrap_or_default();
        self.open.retain(|(key, asked)| {
            let answer = responses
                .iter()
                .find(|(name, answer)| *name == *key && answer.starts_with('{'));
            let answer = answer
                .and_then(|(_, answer)| serde_json::value::RawValue::from_string((*answer).to_owned()).ok());
            match answer {
                Some(answer) => {
                    asked.question.answer(&Reply::Result(answer));
                    false
                }
                None => true,
            }
        });
    }
}
