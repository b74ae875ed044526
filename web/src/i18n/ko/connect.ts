export const connect = {
  title: "클라이언트 연결",
  text: "주소 하나로 이 프로젝트의 모든 서버를 쓸 수 있습니다. 도구 이름은 server__tool 형식입니다.",
  url: "MCP 주소",
  choose: "클라이언트",
  placeholderKey: "<API 키>",
  keyHint: "{{placeholder}} 자리에 API 키를 넣으세요.",
  makeKey: "API 키 만들기",
  whereFile: "{{file}} 파일에",
  whereTerminal: "터미널에서",
  generic: "그 밖의 클라이언트",
  genericHint:
    "Bearer 토큰을 쓰는 Streamable HTTP입니다. 오래된 클라이언트는 같은 프로젝트의 HTTP+SSE를 쓸 수 있습니다.",
};
