/** Of the report: light and dark, wide and narrow. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #16202c; --soft: #5d6b7e; --line: #e1e6ee; --ground: #f5f7fa; --card: #fff; --ours: #2f62d6; --theirs: #a9b4c4;
  --good: #11734b; --good-ground: #e2f5ec; --bad: #a8420a; --bad-ground: #fdeee3; --service: #2f62d6; --database: #12908e; --generator: #b9a3e3; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf3; --soft: #9aa7ba; --line: #2b3442; --ground: #0f141b; --card: #171e28; --ours: #7ba4ff; --theirs: #57647a;
  --good: #5fd3a0; --good-ground: #12352a; --bad: #ffb37d; --bad-ground: #3d2415; --service: #7ba4ff; --database: #3fc1bd; --generator: #8d76c4; } }
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.55 system-ui, "Segoe UI", sans-serif; color: var(--ink); background: var(--ground); }
main { max-width: 1080px; margin: 0 auto; padding: 2.5rem 1.25rem 5rem; }
h1 { font-size: 1.9rem; margin: 0 0 .3rem; letter-spacing: -.02em; }
h2 { font-size: 1.2rem; margin: 0; letter-spacing: -.01em; }
h3 { font-size: .82rem; font-weight: 600; color: var(--soft); margin: 1.6rem 0 .4rem; }
p { margin: .4rem 0; } .soft, small { color: var(--soft); } small { font-weight: 400; } code { font: .8rem ui-monospace, Consolas, monospace; color: var(--soft); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.4rem 1.6rem 1.6rem; margin-top: 1.4rem; }
.summary { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1rem 0 0; padding: 0; list-style: none; } .summary li { border: 1px solid var(--line); background: var(--card); border-radius: 99px; padding: .15rem .8rem; font-size: .85rem; }
.goals { display: grid; grid-template-columns: 1fr 5.5rem 4.5rem 12rem 7rem; align-items: center; }
.goals > * { padding: .55rem .6rem .55rem 0; border-top: 1px solid var(--line); align-self: stretch; display: flex; flex-direction: column; justify-content: center; }
.goals .head { border-top: 0; color: var(--soft); font-size: .78rem; padding-top: 0; } .goals .end { text-align: right; font-variant-numeric: tabular-nums; } .goals .measured { font-size: 1.15rem; font-weight: 650; }
.goals .scale { padding: 0 .8rem; } .chip { white-space: nowrap; border-radius: 99px; padding: .08rem .6rem; font-size: .8rem; font-weight: 600; align-self: flex-start; background: var(--line); color: var(--soft); } .chip.reached { color: var(--good); background: var(--good-ground); } .chip.missed { color: var(--bad); background: var(--bad-ground); }
.gauge { position: relative; display: block; height: 8px; border-radius: 4px; background: var(--line); } .gauge i { position: absolute; left: 0; top: 0; bottom: 0; border-radius: 4px; background: var(--theirs); } .gauge .reached { background: var(--good); } .gauge .missed { background: var(--bad); } .gauge b { position: absolute; left: 50%; top: -4px; bottom: -4px; border-left: 2px solid var(--ink); }
.chart { position: relative; --label: 17rem; --value: 8.5rem; font-size: .83rem; }
.row { display: grid; grid-template-columns: var(--label) 1fr var(--value); align-items: center; min-height: 1.75rem; position: relative; } .label { text-align: right; padding-right: .8rem; line-height: 1.2; } .value { padding-left: .7rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
.track { position: relative; height: 1rem; display: block; } .track i { position: absolute; }
.bar { left: 0; top: 1px; bottom: 1px; background: var(--ours); border-radius: 0 3px 3px 0; min-width: 1px; } .bar.rival { background: var(--theirs); } .range { top: 50%; border-top: 2px solid var(--ink); opacity: .45; }
.reach { top: 50%; height: 4px; margin-top: -2px; background: var(--ours); opacity: .4; border-radius: 2px; } .reach.rival { background: var(--theirs); opacity: .8; }
.dot { width: 9px; height: 9px; border-radius: 50%; margin-left: -4.5px; top: calc(50% - 4.5px); background: var(--ours); border: 2px solid var(--ours); display: inline-block; } .dot.p90 { background: var(--card); } .dot.p99 { background: var(--ink); border-color: var(--ink); } .dot.p999 { background: var(--card); border-color: var(--ink); }
.lines, .axis { padding: 0 var(--value) 0 var(--label); } .lines { position: absolute; inset: 0 0 2.6rem; } .lines div, .axis div { position: relative; height: 100%; } .lines i { position: absolute; top: 0; bottom: 0; border-left: 1px solid var(--line); } .axis div { height: 1.3rem; } .axis b, .times b { position: absolute; font-weight: 400; font-size: .75rem; color: var(--soft); transform: translateX(-50%); }
.unit { text-align: center; font-size: .75rem; color: var(--soft); margin: 0; padding: 0 var(--value) 0 var(--label); }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; font-size: .78rem; color: var(--soft); margin: 0 0 .4rem; align-items: center; } .legend .dot, .legend .part { position: static; margin: 0 .4rem 0 0; display: inline-block; } .legend .part { width: 11px; height: 11px; border-radius: 3px; vertical-align: -1px; }
.alone { font-size: .83rem; } .times b:last-child { transform: translateX(-100%); } .stack { display: flex; height: 100%; } .stack .part { position: static; } .service { background: var(--service); } .database { background: var(--database); } .generator { background: var(--generator); }
.courses { display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: 1rem 2rem; } .course { margin: 0; padding-left: 3rem; --value: 0; --label: 0; } .course figcaption { font-size: .82rem; margin: 0 0 .6rem -3rem; } .field { position: relative; height: 150px; border-left: 1px solid var(--line); border-bottom: 1px solid var(--line); } .field b { position: absolute; left: -3rem; width: 2.6rem; text-align: right; font-weight: 400; font-size: .75rem; color: var(--soft); transform: translateY(50%); } .field svg { width: 100%; height: 100%; display: block; overflow: visible; } polyline { fill: none; stroke: var(--ours); stroke-width: 2; vector-effect: non-scaling-stroke; stroke-linejoin: round; } .times { position: relative; height: 1.3rem; }
details { margin-top: 1.2rem; } summary { cursor: pointer; color: var(--soft); font-size: .85rem; } .wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .83rem; } td, th { padding: .2rem 1.2rem .2rem 0; text-align: right; border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums; white-space: nowrap; } td:first-child, th:first-child { text-align: left; }
@media (max-width: 720px) {
  main { padding: 1.4rem .8rem 3rem; } .card { padding: 1rem; } h1 { font-size: 1.5rem; }
  .goals { grid-template-columns: 1fr auto auto; } .goals > .head, .goals > .scale { display: none; } .goals > .what { grid-column: 1 / -1; padding-bottom: 0; } .goals > :not(.what) { border-top: 0; padding-top: .2rem; } .goals .end { text-align: left; }
  .chart { --label: 0rem; --value: 0rem; } .row { grid-template-columns: 1fr auto; padding: .2rem 0; } .label { text-align: left; } .value { grid-column: 2; grid-row: 1; padding-left: .4rem; } .track { grid-column: 1 / -1; grid-row: 2; margin-top: .1rem; }
  .lines { display: none; } .axis b:first-child { transform: none; } .axis b:last-child { transform: translateX(-100%); }
}`;
