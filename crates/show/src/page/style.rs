//! How pages look, in light and dark, wide and narrow.

/// The one style sheet. Volatility has five steps, `v0` to `v4`, that differ in lightness too.
pub const SHEET: &str = "\
:root { --paper: #ffffff; --ink: #1b1f24; --quiet: #59636e; --line: #d5dae0; --box: #f4f6f8;
  --end: #e8eef6; --v0: #8c959f; --v1: #b08a00; --v2: #cf6a12; --v3: #cf222e; --v4: #8e0b3d;
  --t0: #8cb8ea; --t1: #4389d8; --t2: #1c5aa6; --t3: #0d2b57; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14181d; --ink: #e6e9ed; --quiet: #98a2ad; --line: #363d46; --box: #20262d;
    --end: #24303f; --v0: #6e7781; --v1: #d6b02c; --v2: #f0913f; --v3: #ff6a69; --v4: #ff8fc0;
    --t0: #35639c; --t1: #4f92e0; --t2: #94c2f7; --t3: #e3effd; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 24px 16px 64px; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 4px; }
h2 { font-size: 1.15rem; margin: 40px 0 12px; }
h3 { font-size: 1rem; margin: 0 0 4px; }
p { margin: 0 0 8px; max-width: 78ch; }
.summary { font-size: 1.1rem; }
.quiet, small { color: var(--quiet); }
small { display: block; font-size: .85rem; }
.basis { margin: 0; padding: 0; list-style: none; }
.scroll { overflow-x: auto; }
svg { display: block; font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; }
svg.graph { width: 100%; height: auto; }
svg text { fill: var(--ink); }
svg .label { font-size: 11px; fill: var(--quiet); }
svg .box { fill: var(--box); stroke: var(--quiet); }
svg .end { fill: var(--end); }
svg .edge { fill: none; }
svg .v0 { stroke: var(--v0); } svg .v1 { stroke: var(--v1); } svg .v2 { stroke: var(--v2); }
svg .v3 { stroke: var(--v3); } svg .v4 { stroke: var(--v4); }
svg .v0 { stroke-width: 1.5; } svg .v1 { stroke-width: 2; } svg .v2 { stroke-width: 3; }
svg .v3 { stroke-width: 4.5; } svg .v4 { stroke-width: 6; }
svg .tip { stroke-width: 1; }
svg .tip.v0 { fill: var(--v0); } svg .tip.v1 { fill: var(--v1); } svg .tip.v2 { fill: var(--v2); }
svg .tip.v3 { fill: var(--v3); } svg .tip.v4 { fill: var(--v4); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 12px 0 0; padding: 0;
  list-style: none; font-size: .85rem; color: var(--quiet); }
.legend li { display: flex; align-items: center; gap: 6px; }
.curves { display: flex; flex-wrap: wrap; gap: 24px; }
figure .label { font-size: 12px; }
figure { margin: 0; flex: 1 1 320px; max-width: 500px; }
figure svg { width: 100%; height: auto; }
figure .legend svg { width: 24px; flex: none; }
figcaption { font-weight: 600; margin-bottom: 4px; }
svg .grid { stroke: var(--line); stroke-width: 1; }
svg .axis { stroke: var(--quiet); stroke-width: 1; }
svg .band { fill: var(--v3); opacity: .18; }
svg .rate { fill: none; stroke: var(--v3); stroke-width: 2; stroke-linejoin: round; }
svg circle.dot { fill: var(--v3); }
svg .threshold { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 5 4; }
.times figure { flex-basis: 440px; max-width: 540px; }
svg .line { fill: none; stroke-width: 1.6; stroke-linejoin: round; stroke: var(--t1); }
svg .line.p50 { stroke: var(--t0); } svg .line.p95 { stroke: var(--t1); }
svg .line.p99 { stroke: var(--t2); stroke-width: 2; }
svg .line.max { stroke: var(--t3); stroke-width: 1.2; stroke-dasharray: 3 3; }
svg .line.errors { stroke: var(--v2); }
svg .line.violations { stroke: var(--v3); stroke-width: 2.5; }
svg circle { fill: var(--t1); }
svg circle.p50 { fill: var(--t0); } svg circle.p99 { fill: var(--t2); }
svg circle.max { fill: var(--t3); } svg circle.errors { fill: var(--v2); }
svg circle.violations { fill: var(--v3); }
.bad { color: var(--v3); font-weight: 600; }
table.facts { width: auto; } table.facts th { padding-right: 24px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: 6px 12px 6px 0;
  border-bottom: 1px solid var(--line); }
th { font-size: .85rem; font-weight: 600; color: var(--quiet); white-space: nowrap; }
td.number, th.number { text-align: right; white-space: nowrap; }
td.wide { min-width: 160px; }
td.whole { white-space: nowrap; }
article { border-top: 1px solid var(--line); padding: 14px 0 10px; }
dl { display: grid; grid-template-columns: 8.5em 1fr; gap: 2px 12px; margin: 8px 0 0; }
dt { color: var(--quiet); } dd { margin: 0; }
ul.plain { padding-left: 1.2em; margin: 0; } ul.plain li { margin-bottom: 6px; }
@media (max-width: 560px) {
  dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: 6px; } dt:empty { display: none; }
}
";
