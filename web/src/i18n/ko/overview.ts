export const overview = {
  title: "개요",
  lastDay: "최근 24시간, 이전 24시간과 비교",
  failures: "최근 실패",
  steps: {
    title: "시작하기",
    done: "(완료)",
    server: "MCP 서버 추가",
    serverText: "이미 쓰고 있는 클라이언트의 설정을 붙여넣거나 직접 추가하세요.",
    key: "API 키 만들기",
    keyText: "클라이언트마다 하나씩 만들면 따로 폐기할 수 있습니다.",
    client: "클라이언트 연결",
    clientText: "Cursor, VS Code, Claude Code 등에 붙여 넣을 설정이 준비되어 있습니다.",
    call: "도구 호출",
    callText: "클라이언트나 서버 페이지에서 호출하면 실행되는 동안 로그에 나타납니다.",
  },
};
