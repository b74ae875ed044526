export const account = {
  signInTitle: "로그인",
  signUpTitle: "계정 만들기",
  email: "이메일",
  password: "비밀번호",
  passwordHint: "15자 이상. 단어 몇 개를 이어 써도 좋습니다.",
  signIn: "로그인",
  signUp: "계정 만들기",
  toSignUp: "계정이 없으신가요? 새로 만들기",
  toSignIn: "이미 계정이 있으신가요? 로그인",
  byInvitation:
    "이곳의 계정은 초대를 받아 만듭니다. 받은 초대 링크를 열거나, 동료나 관리자에게 초대를 요청하세요.",
  first: "아직 아무도 없습니다. 첫 번째 계정이 관리자가 됩니다.",
  byLink: "로그인하는 중…",
  linkFailedTitle: "더 이상 쓸 수 없는 링크입니다",
  linkFailed:
    "로그인 링크는 짧은 시간 안에 한 번만 쓸 수 있습니다. 비밀번호로 로그인하거나 새 링크를 요청하세요.",
  tagline: "AI 클라이언트의 모든 도구 호출을 한 화면에서.",
};
