/** Explicit colours in light and no dark variant: charts are drawn for a light page, on screen and on paper. */
export const STYLE = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #f4f6f8; color: #1f2733; font: 16px/1.55 system-ui, "Segoe UI", Roboto, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; }
header p { margin: 0 0 1rem; color: #5b6675; overflow-wrap: anywhere; }
h1 { font-size: 1.15rem; margin: 0 0 .2rem; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .6rem; }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .3rem; }
a { color: #0b5c8a; }
.verdict { background: #fff; border-left: .5rem solid #7a5a00; border-radius: .3rem; padding: 1.1rem 1.4rem; margin: 0 0 1.5rem; }
.verdict.yes { border-color: #1d7a3a; }
.verdict.no { border-color: #5b6675; }
.verdict .headline { font-size: 1.25rem; line-height: 1.3; font-weight: 650; margin: 0 0 .6rem; overflow-wrap: anywhere; }
.verdict p { margin: 0; }
.ending { background: #eaf5f4; border-radius: .3rem; padding: 1.1rem 1.4rem; margin: 0 0 1rem; }
.ending dl { display: grid; grid-template-columns: 6rem minmax(0, 1fr); gap: .5rem 1rem; margin: 0; }
.ending dt { font-weight: 650; }
.ending dd { margin: 0; overflow-wrap: anywhere; }
.ending pre { margin: .5rem 0 0; white-space: pre-wrap; }
@media (max-width: 34rem) { .ending dl { grid-template-columns: minmax(0, 1fr); gap: .1rem; } .ending dd { margin: 0 0 .6rem; } }
.mistakes { list-style: none; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: .8rem; }
.mistakes li { background: #fff; border: 1px solid #e3e7ec; border-radius: .3rem; padding: .6rem; overflow-wrap: anywhere; font-size: .9rem; }
.mistakes img { display: block; width: 100%; }
.mistakes p { margin: .3rem 0 0; }
.mistakes .clip { color: #5b6675; font-size: .85em; }
.examples { list-style: none; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(min(24rem, 100%), 1fr)); gap: .8rem; }
.examples li { background: #fff; border: 1px solid #e3e7ec; border-radius: .3rem; padding: .5rem; overflow-wrap: anywhere; font-size: .9rem; }
.examples li div { display: grid; grid-template-columns: 1fr 1fr; gap: .3rem; align-items: start; }
.examples img { display: block; width: 100%; }
.examples p { margin: .3rem 0 0; }
.examples .clip { color: #5b6675; font-size: .85em; }
.bars td.bar { width: 60%; }
.bars td.bar div { background: #0b6e6e; height: 1em; margin-top: .25em; }
.legend { list-style: none; padding: 0; margin: 0 0 .4rem; display: flex; flex-wrap: wrap; gap: .2rem 1rem; font-size: .9rem; }
.legend span { display: inline-block; width: .9em; height: .9em; margin-right: .35em; vertical-align: -.1em; }
.strips h3 { font-size: .9rem; font-weight: 500; margin: .6rem 0 .2rem; }
.notes { background: #fff8e1; border-left: .5rem solid #c79100; border-radius: .3rem; padding: .8rem 1.2rem; }
.notes ul { margin: .3rem 0 0; padding-left: 1.2rem; overflow-wrap: anywhere; }
figure { margin: .8rem 0 .4rem; background: #fff; border: 1px solid #e3e7ec; border-radius: .3rem; padding: .6rem; }
figure svg { display: block; width: 100%; height: auto; }
figcaption { font-size: .9rem; color: #5b6675; padding: .3rem .4rem 0; }
.scroll { container-type: inline-size; overflow-x: auto; max-height: 34rem; background: #fff; border: 1px solid #e3e7ec; border-radius: .3rem; margin: .6rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: .5rem .7rem; color: #5b6675; box-sizing: border-box; max-width: 100cqw; position: sticky; left: 0; }
th, td { padding: .35rem .7rem; border-top: 1px solid #e3e7ec; vertical-align: top; }
thead th { vertical-align: bottom; color: #5b6675; font-weight: 600; }
tbody th { font-weight: 500; }
.word { text-align: left; overflow-wrap: break-word; }
th.word { overflow-wrap: anywhere; min-width: 9rem; }
.figure { text-align: right; white-space: nowrap; }
thead th.figure { white-space: normal; }
.range { display: block; color: #5b6675; font-size: .85em; }
tr.strong th, tr.strong td { font-weight: 650; background: #eaf5f4; }
.small-charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr)); gap: .8rem; }
.small-charts figure { margin: 0; }
details { margin: .4rem 0 1rem; }
summary { cursor: pointer; color: #0b5c8a; }
pre { background: #1f2733; color: #f4f6f8; padding: .8rem 1rem; border-radius: .3rem; overflow-x: auto; font-size: .88rem; }
code { overflow-wrap: anywhere; }
.confusion { width: auto; }
.confusion th, .confusion td { padding: .25rem .45rem; }
.confusion td { text-align: center; min-width: 2.2rem; }
.confusion td.right { outline: 2px solid #1f2733; outline-offset: -2px; }
.confusion thead th.class { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left; white-space: nowrap; }
.confusion.many { font-size: .76rem; }
.confusion.many th, .confusion.many td { padding: .12rem .2rem; min-width: 1.5rem; }
.scroll.whole { max-height: none; }
.confusion tbody th { white-space: nowrap; }
@media print {
  body { background: #fff; font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  figure, .verdict, .ending, .notes, .mistakes li, .examples li, tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .scroll { max-height: none; overflow: visible; }
  pre { white-space: pre-wrap; background: #f4f6f8; color: #1f2733; border: 1px solid #b9c0c9; }
}
`
