export const teams = {
  title: "팀",
  one: "팀",
  text: "팀이 속한 모든 프로젝트에 팀원이 함께 들어갑니다.",
  new: "새 팀",
  newText: "만든 사람이 소유자가 되어 다른 사람을 초대합니다.",
  create: "팀 만들기",
  namePlaceholder: "결제",
  slugHint: "주소의 일부입니다. a–z, 0–9, 하이픈을 쓸 수 있고, 비워 두면 이름에서 만듭니다.",
  emptyTitle: "아직 팀이 없습니다",
  empty: "여러 프로젝트를 함께 하는 사람들로 팀을 만들어 보세요.",
  settings: "설정",
  noProjects:
    "이 팀이 속한 프로젝트가 없습니다. 프로젝트 소유자가 멤버 페이지에서 팀을 추가합니다.",
};
