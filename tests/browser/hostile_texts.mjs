/**
 * Texts that would do something in a page that took them for markup, a link or a template.
 * Each that runs sets `window.hostile`.
 */

const RUNS = "window.hostile=1";

const ELEMENTS = [
  `<script>${RUNS}</script>`,
  `<img src=x onerror=${RUNS}>`,
  `<svg onload=${RUNS}>`,
  `<svg><script>${RUNS}</script></svg>`,
  `<iframe srcdoc="<script>parent.hostile=1</script>"></iframe>`,
  `<iframe src="javascript:${RUNS}"></iframe>`,
  `<a href="javascript:${RUNS}">x</a>`,
  `<body onload=${RUNS}>`,
  `<details open ontoggle=${RUNS}>x</details>`,
  `<input autofocus onfocus=${RUNS}>`,
  `<video><source onerror=${RUNS}></video>`,
  `<math><mtext><img src=x onerror=${RUNS}></mtext></math>`,
  `<object data="javascript:${RUNS}"></object>`,
  `<embed src="javascript:${RUNS}">`,
  `<base href="https://example.com/">`,
  `<meta http-equiv=refresh content="0;url=https://example.com/">`,
  `<link rel=stylesheet href="https://example.com/x.css">`,
  `<style>*{display:none}</style>`,
  `<form action="https://example.com/"><button>x</button></form>`,
  `<template><img src=x onerror=${RUNS}></template>`,
  `<noscript><p title="</noscript><img src=x onerror=${RUNS}>">`,
  `<div style="position:fixed;inset:0;z-index:9999">x</div>`,
  `<marquee onstart=${RUNS}>x</marquee>`,
  `<select autofocus onfocus=${RUNS}></select>`,
];

/** Ways out of what a text may stand in. */
const AROUND = [
  (text) => text,
  (text) => `">${text}`,
  (text) => `'>${text}`,
  (text) => `</textarea>${text}`,
  (text) => `</title></style></script>${text}`,
  (text) => `-->${text}`,
  (text) => `]]>${text}`,
  (text) => text.replaceAll("<", "<\t").toUpperCase(),
  (text) => text.replaceAll("<", "&lt;").replaceAll(">", "&gt;"),
  (text) => encodeURIComponent(text).slice(0, 120),
  (text) => `${text}\n${text}`,
];

const OTHERS = [
  `javascript:${RUNS}`,
  `java\tscript:${RUNS}`,
  `data:text/html,<script>${RUNS}</script>`,
  `{{constructor.constructor('${RUNS}')()}}`,
  `\${${RUNS}}`,
  `$t(shell.product) {{count, number}}`,
  `%s%n%x %00`,
  `__proto__`,
  `constructor`,
  `toString`,
  `"onmouseover="${RUNS}`,
  `' onfocus='${RUNS}' autofocus='`,
  "\u202Egnp.exe\u202C right to left",
  "a\u0301".repeat(60),
  "\u0e49".repeat(80),
  "👩‍👩‍👧‍👦".repeat(20),
  "w".repeat(200),
  "한".repeat(200),
  "\u200b\u2060\ufeffnothing to see",
  "\u001b[31mred\u001b[0m",
  "\ud83d\ude00 \u2028 \u2029",
  "a\r\nb\r\nc",
  `<!--`,
  `<![CDATA[`,
  `&#60;script&#62;${RUNS}&#60;/script&#62;`,
  `\\u003cscript\\u003e${RUNS}\\u003c/script\\u003e`,
  `</script><script>${RUNS}</script>`,
  `;${RUNS}//`,
  "`-window.hostile=1-`",
  `1;DROP TABLE tool_calls;--`,
  `../../../../etc/passwd`,
  `https://example.com/?${"x".repeat(120)}`,
  `=HYPERLINK("https://example.com";"x")`,
  `@import url(https://example.com/x.css);`,
  `expression(${RUNS})`,
  `url(javascript:${RUNS})`,
];

const COUNT = 300;

export const hostileTexts = [
  ...OTHERS,
  ...AROUND.flatMap((around) => ELEMENTS.map((element) => around(element))),
].slice(0, COUNT);
