// What the servers of a team offer, what its people ask of them, and what comes back. Times are
// those that a call takes about, in milliseconds; `often` says how many of its kind there are.
const issue = (number, title, labels) => ({ number, title, state: "open", labels });

export const team = {
  github: {
    search_issues: {
      often: 9,
      ms: 190,
      given: [
        { repo: "acme/checkout", query: "is:open label:bug payment" },
        { repo: "acme/web", query: "is:open flaky" },
        { repo: "acme/mobile", query: "is:open label:crash sort:updated" },
      ],
      answer: () => ({
        total_count: 3,
        items: [
          issue(1842, "Refund is sent twice after a retry", ["bug", "payments"]),
          issue(1839, "결제 완료 화면에서 영수증이 보이지 않음", ["bug", "mobile"]),
          issue(1836, "Checkout hangs when the card is declined", ["bug"]),
        ],
      }),
      failure: { share: 0.03, text: "API rate limit exceeded, try again in 41 s" },
    },
    get_file_contents: {
      often: 7,
      ms: 120,
      given: [
        { repo: "acme/checkout", path: "src/refund.ts", ref: "main" },
        { repo: "acme/web", path: "app/routes/cart.tsx", ref: "fix/token-refresh" },
      ],
      answer: ({ path }) => ({ path, encoding: "utf-8", size: 4_812, content: "export async …" }),
    },
    create_pull_request: {
      often: 2,
      ms: 640,
      given: [
        {
          repo: "acme/checkout",
          title: "fix: refund once",
          base: "main",
          head: "fix/refund-once",
          draft: true,
          reviewers: ["mina", "jonas", "soo-ah"],
        },
      ],
      answer: ({ title, draft }) => ({ number: 1851, title, draft, mergeable_state: "clean" }),
      failure: { share: 0.35, text: "Validation failed: a pull request already exists for fix/refund-once" },
    },
  },
  postgres: {
    run_query: {
      often: 10,
      ms: 24,
      given: [
        { sql: "select id, state, amount from refund where created_at > now() - interval '1 day'" },
        { sql: "select count(*) from cart where updated_at > now() - interval '1 hour'" },
        { sql: "explain analyze select * from payment where customer_id = 88213" },
      ],
      answer: () => ({ rows: [{ id: 88_213, state: "settled", amount: "42.90" }], row_count: 1 }),
      failure: { share: 0.02, text: 'column "custmer_id" does not exist' },
      incident: { ms: 900, share: 0.55, text: "sorry, too many clients already" },
    },
    list_tables: {
      often: 3,
      ms: 11,
      given: [{ schema: "public" }],
      answer: () => ({ tables: ["cart", "customer", "payment", "refund", "shipment"] }),
      incident: { ms: 700, share: 0.4, text: "sorry, too many clients already" },
    },
  },
  slack: {
    send_message: {
      often: 3,
      ms: 230,
      given: [
        { channel: "#deploys", text: "checkout 2026.11.26-3 is out, errors are flat" },
        { channel: "#결제", text: "환불 재시도 수정이 배포되었습니다" },
      ],
      answer: ({ channel }) => ({ ok: true, channel, ts: "1795716312.004200" }),
    },
    search_messages: {
      often: 2,
      ms: 410,
      given: [{ query: "refund twice in:#support", count: 20 }],
      answer: () => ({ ok: true, matches: [], total: 0 }),
    },
  },
  filesystem: {
    read_file: {
      often: 8,
      ms: 3,
      given: [{ path: "services/checkout/src/refund.ts" }, { path: "package.json" }],
      answer: ({ path }) => ({ path, bytes: 2_118, text: "import { charge } from …" }),
      failure: { share: 0.03, text: "ENOENT: no such file or directory" },
    },
    edit_file: {
      often: 3,
      ms: 7,
      given: [{ path: "services/checkout/src/refund.ts", edits: [{ old: "retry(3)", new: "once()" }] }],
      answer: () => ({ changed: 1 }),
    },
  },
  playwright: {
    browser_navigate: {
      often: 3,
      ms: 820,
      given: [{ url: "http://localhost:5173/cart" }, { url: "http://localhost:5173/refunds/88213" }],
      answer: ({ url }) => ({ url, title: "Acme", status: 200 }),
      // Longer than anybody waits for it.
      stuck: 0.12,
    },
    browser_click: {
      often: 3,
      ms: 90,
      given: [{ element: "Refund", ref: "e42" }],
      answer: () => ({ clicked: true }),
      failure: { share: 0.08, text: "the element is not visible" },
    },
  },
};
