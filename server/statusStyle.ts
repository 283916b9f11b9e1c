/** The looks of the server's page: quiet, light and dark by the reader's own setting. */
export const STATUS_STYLE = `
:root{color-scheme:light dark;--paper:#fafaf9;--card:#fff;--ink:#1c1b1a;--soft:#6b6863;--line:#e5e3df;--accent:#3f7d5c}
@media(prefers-color-scheme:dark){:root{--paper:#161616;--card:#1e1e1e;--ink:#eceae6;--soft:#a09c95;--line:#333230;--accent:#7fc29b}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.55 system-ui,sans-serif;-webkit-font-smoothing:antialiased}
header,main{max-width:68rem;margin:0 auto;padding:0 1.5rem}
header{padding-top:3rem;display:grid;grid-template-columns:auto 1fr;align-items:center;column-gap:.75rem}
header p{grid-column:1/-1;margin:.35rem 0 0;color:var(--soft)}
h1{font-size:1.5rem;font-weight:600;letter-spacing:-.01em;margin:0}
.light{width:.7rem;height:.7rem;border-radius:50%;background:var(--accent);box-shadow:0 0 0 .25rem color-mix(in srgb,var(--accent) 20%,transparent)}
main{padding-bottom:4rem}
section{margin-top:2.25rem}
h2{font-size:.95rem;font-weight:600;margin:0 0 .6rem}
h2 small{color:var(--soft);font-weight:400;margin-left:.35rem}
pre,.table,.cards li{background:var(--card);border:1px solid var(--line);border-radius:10px}
pre{margin:0;padding:1rem 1.1rem;overflow-x:auto}
pre i{color:var(--soft);font-style:normal}
code{font:13px/1.6 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.cards{list-style:none;display:grid;grid-template-columns:repeat(auto-fill,minmax(16rem,1fr));gap:.75rem;padding:0;margin:0}
.cards li{padding:.8rem 1.1rem;display:grid}
.cards b{font-weight:600;overflow-wrap:anywhere}
.cards span,.empty,time{color:var(--soft)}
.empty{margin:0}
.table{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{text-align:left;padding:.5rem 1rem;white-space:nowrap}
th{font-weight:500;color:var(--soft);border-bottom:1px solid var(--line);font-size:13px}
tbody tr+tr td{border-top:1px solid var(--line)}
td:first-child{width:100%;white-space:normal;overflow-wrap:anywhere;min-width:16rem}
.number{text-align:right;font-variant-numeric:tabular-nums}
time{font-variant-numeric:tabular-nums}
em{font-style:normal;font-size:12px;color:var(--accent);border:1px solid currentColor;border-radius:99px;padding:0 .5rem;margin-left:.35rem}
`
