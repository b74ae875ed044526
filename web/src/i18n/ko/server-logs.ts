export const serverLogs = {
  title: "서버 로그",
  server: "서버",
  allServers: "모든 서버",
  level: "수준",
  levels: {
    debug: "디버그",
    info: "정보",
    warning: "경고",
    error: "오류",
    unknown: "기타",
  },
  atLeast: {
    debug: "모든 수준",
    info: "정보 이상",
    warning: "경고 이상",
    error: "오류만",
  },
  emptyTitle: "기록된 로그가 없습니다",
  empty: "서버가 stderr에 쓴 내용과 시작·종료 기록이 실시간으로 나타납니다.",
  noMatchTitle: "이 수준의 로그가 없습니다",
  noMatch_other: "최근 {{count, number}}줄 가운데 없습니다.",
  lookBack: "더 오래된 로그 보기",
  broken:
    "지금은 로그를 읽을 수 없습니다. 보이는 내용은 그대로 두고, 연결되면 자동으로 따라잡습니다.",
  call: "호출",
};
