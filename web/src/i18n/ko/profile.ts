export const profile = {
  title: "프로필",
  you: "내 정보",
  since: "가입일",
  preferences: "화면 설정",
  preferencesText: "이 브라우저에만 저장됩니다.",
  password: {
    text: "비밀번호를 바꾸면 다른 브라우저에서는 모두 로그아웃됩니다.",
    current: "현재 비밀번호",
    new: "새 비밀번호",
    submit: "비밀번호 변경",
    done: "비밀번호를 변경했습니다. 다른 브라우저에서는 로그아웃되었습니다.",
  },
  sessions: {
    title: "로그인된 브라우저",
    current: "이 브라우저",
    unknown: "알 수 없는 브라우저",
    used: "{{when}} 사용",
    end: "로그아웃",
    endOf: "{{name}} 로그아웃",
    endOthers: "다른 브라우저 모두 로그아웃",
  },
  delete: {
    title: "계정 삭제",
    text: "모든 프로젝트와 팀에서 즉시 나가고 API 키도 모두 폐기됩니다. 혼자 소유한 프로젝트나 팀은 먼저 넘기거나 삭제해야 합니다. 되돌릴 수 없습니다.",
    button: "내 계정 삭제",
  },
};
