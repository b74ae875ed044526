export const settings = {
  title: "설정",
  readOnly: "설정은 프로젝트 소유자만 바꿀 수 있습니다.",
  payloads: {
    title: "입력과 출력",
    mode: "앞으로의 호출에서 보관할 내용",
    modes: {
      full: "전부",
      redacted: "비밀로 보이는 값은 제외",
      metadata: "보관하지 않음",
      unknown: "알 수 없음",
    },
    modeTexts: {
      full: "프로젝트 서버의 비밀 값과 아래 경로에 해당하는 값은 제외합니다.",
      redacted: "토큰, 비밀번호, 키는 어디에 있든 가립니다.",
      metadata: "크기와 해시만 남습니다. 내용 검색과 다시 실행을 할 수 없습니다.",
    },
    paths: "절대 보관하지 않을 값",
    pathsHint:
      "한 줄에 경로 하나씩 적습니다. $.arguments 또는 $.result로 시작하며, $..는 모든 깊이를 뜻합니다. 이미 저장된 내용은 바뀌지 않습니다.",
    reporters: "열람자도 입력과 출력를 볼 수 있음",
    reportersText: "끄면 누가 호출했고 어떻게 끝났는지만 볼 수 있습니다.",
  },
  retention: {
    title: "보관 기간",
    text: "단위는 일입니다. 기간이 지난 것은 10분 안에 삭제되며 되돌릴 수 없습니다.",
    fields: {
      tool_calls_days: "도구 호출과 통계",
      payloads_days: "입력과 출력",
      server_logs_days: "서버 로그",
      sessions_days: "클라이언트 세션",
    },
  },
  people: {
    title: "사람",
    text: "프로젝트를 넘기거나 나가는 일은 멤버 페이지에서 합니다:",
    link: "멤버",
  },
};
