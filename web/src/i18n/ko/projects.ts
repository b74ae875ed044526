export const projects = {
  title: "프로젝트",
  new: "새 프로젝트",
  emptyTitle: "첫 프로젝트를 만들어 보세요",
  empty:
    "프로젝트는 MCP 서버와 이를 쓰는 사람과 클라이언트, 그리고 모든 도구 호출 기록을 담습니다.",
  createTitle: "새 프로젝트",
  create: "프로젝트 만들기",
  namePlaceholder: "결제 플랫폼",
  slug: "주소",
  slugHint: "MCP 주소의 일부입니다. a–z, 0–9, 하이픈을 쓸 수 있고, 비워 두면 이름에서 만듭니다.",
  created: "{{when}} 생성",
  favorite: "{{name}} 즐겨찾기",
  nameAndText: "이름과 설명",
  renameHint: "클라이언트가 쓰는 주소({{slug}})는 바뀌지 않습니다.",
  roles: { owner: "소유자", developer: "개발자", reporter: "열람자", unknown: "기타" },
};
