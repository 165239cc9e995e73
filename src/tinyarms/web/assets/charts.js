// Draws the pictures. The facts stand in data-chart; colours come from the style, light or dark.
"use strict";
(() => {
  const drawn = new Map();

  const colours = () => {
    const style = getComputedStyle(document.documentElement);
    const named = (name) => style.getPropertyValue(`--${name}`).trim();
    return {
      font: style.fontFamily, ink: named("ink"), soft: named("soft"), line: named("line"), card: named("card"),
      band: named("band"), series: ["one", "two", "three", "four"].map(named),
    };
  };
  const percent = (share) => `${Math.round(share * 100)}%`;
  const day = (text) => new Date(text).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

  const base = (c) => ({
    animation: false,
    textStyle: { fontFamily: c.font, color: c.soft, fontSize: 13 },
    grid: { left: 8, right: 20, top: 34, bottom: 8, containLabel: true },
    // Drawn, not made of HTML: no text of a user becomes an element, and no style stands inline.
    tooltip: {
      trigger: "axis", renderMode: "richText", backgroundColor: c.card, borderColor: c.line,
      textStyle: { color: c.ink, fontSize: 13 }, confine: true,
    },
    legend: { top: 0, left: 0, textStyle: { color: c.soft, fontSize: 13 }, itemWidth: 18, icon: "roundRect", selectedMode: false },
  });
  const axis = (c, more) => ({
    axisLine: { lineStyle: { color: c.line } }, axisTick: { show: false },
    axisLabel: { color: c.soft, hideOverlap: true, fontSize: 12 }, splitLine: { lineStyle: { color: c.line } }, ...more,
  });
  const shares = (c) => axis(c, { type: "value", min: 0, max: 1, interval: 0.25, axisLabel: { color: c.soft, formatter: percent, fontSize: 12 } });

  const band = (name, points, c, colour, at = (p, y) => [p.x, y]) => [
    { name: `${name} low`, type: "line", stack: name, data: points.map((p) => at(p, p.low)), lineStyle: { opacity: 0 }, symbol: "none", silent: true, tooltip: { show: false } },
    { name: `${name} high`, type: "line", stack: name, data: points.map((p) => at(p, p.high === null ? null : p.high - p.low)), lineStyle: { opacity: 0 }, areaStyle: { color: colour, opacity: 0.16 }, symbol: "none", silent: true, tooltip: { show: false } },
  ];

  const kinds = {
    course(facts, c) {
      const points = facts.points.map(([x, mean, low, high, n]) => ({ x, mean, low, high, n }));
      return {
        ...base(c),
        legend: { show: false },
        xAxis: axis(c, { type: "time", splitLine: { show: false }, axisLabel: { color: c.soft, hideOverlap: true, formatter: (v) => day(v), fontSize: 12 } }),
        yAxis: shares(c),
        tooltip: {
          ...base(c).tooltip,
          formatter: (all) => {
            const p = points[all[0].dataIndex];
            return `${day(p.x)}: ${percent(p.mean)} right\n95% interval ${percent(p.low)} to ${percent(p.high)}\n${p.n} known outcomes`;
          },
        },
        series: [
          {
            name: "right", type: "line", data: points.map((p) => [p.x, p.mean]), symbolSize: 6, color: c.series[0], lineStyle: { width: 2.5 }, z: 3,
            markLine: {
              symbol: "none", silent: true, label: { formatter: (m) => m.name, color: c.soft, fontSize: 12 },
              lineStyle: { color: c.soft, type: "dashed" },
              data: facts.releases.map(([at, version]) => ({ name: `v${version}`, xAxis: at })),
            },
          },
          ...band("interval", points, c, c.series[0]),
        ],
      };
    },

    lead(facts, c) {
      const limit = (name, path, type) => ({
        name, type: "line", step: "end", data: path.map((v, i) => [i + 1, v]), symbol: "none", color: c.soft, lineStyle: { type, width: 1.5 }, connectNulls: false,
        endLabel: { show: true, formatter: name, color: c.soft, fontSize: 12, align: "right", offset: [0, name.startsWith("this") ? -10 : 10] },
      });
      const letters = Object.keys(facts.leads);
      // Round numbers on both sides of 0, with room for all lines.
      const known = [...Object.values(facts.leads).flat(), ...facts.promote_at, ...facts.keep_below, 0].filter((v) => v !== null);
      const step = [1, 2, 5, 10, 20, 50, 100].find((s) => Math.max(...known) - Math.min(...known) <= 8 * s) || 500;
      const low = (Math.ceil(Math.min(...known) / step) - 1) * step, high = (Math.floor(Math.max(...known) / step) + 1) * step;
      const signed = (v) => (v > 0 ? `+${v}` : `${v}`);
      return {
        ...base(c),
        xAxis: axis(c, { type: "value", name: facts.unit, nameLocation: "middle", nameGap: 26, min: 0, max: Math.max(facts.last, 1), minInterval: 1, splitLine: { show: false } }),
        yAxis: axis(c, { type: "value", name: "lead", nameTextStyle: { align: "left", color: c.soft, fontSize: 12 }, minInterval: 1, min: low, max: high, interval: step, axisLabel: { color: c.soft, formatter: signed, fontSize: 12 } }),
        legend: { show: false },
        grid: { ...base(c).grid, bottom: 28 },
        series: [
          ...letters.map((letter, i) => ({
            name: `${letter}: lead`, type: "line", data: [[0, 0], ...facts.leads[letter].map((v, n) => [n + 1, v])], symbol: "none",
            color: c.series[(i + 1) % 4], lineStyle: { width: 2.5, type: ["solid", "dashed", "dotted"][i % 3] }, endLabel: { show: true, formatter: letter, color: c.series[(i + 1) % 4], fontWeight: "bold", fontSize: 14 }, z: 3,
          })),
          limit("this lead promotes", facts.promote_at, "solid"),
          limit("all below: the prompt stays", facts.keep_below, "dotted"),
        ],
      };
    },

    posterior(facts, c) {
      return {
        ...base(c),
        // By category: on an axis of numbers the two lines of a band would be added along it.
        xAxis: axis(c, { type: "category", data: facts.votes, name: facts.unit, nameLocation: "middle", nameGap: 26, boundaryGap: false, splitLine: { show: false } }),
        yAxis: shares(c),
        grid: { ...base(c).grid, bottom: 28 },
        legend: { ...base(c).legend, data: facts.arms.map((arm) => arm.name) },
        tooltip: { ...base(c).tooltip, valueFormatter: (v) => (v === null ? "not known" : percent(v)) },
        series: facts.arms.flatMap((arm, i) => {
          const points = facts.votes.map((x, n) => ({ x, mean: arm.means[n], low: arm.intervals[n] && arm.intervals[n][0], high: arm.intervals[n] && arm.intervals[n][1] }));
          return [
            { name: arm.name, type: "line", data: points.map((p) => p.mean), symbol: "circle", showSymbol: points.length < 2, color: c.series[i % 4], lineStyle: { width: 2.5, type: i === 0 ? "dashed" : ["solid", "dotted"][(i - 1) % 2] } },
            ...band(`${arm.name} interval`, points, c, c.series[i % 4], (p, y) => y),
          ];
        }),
      };
    },
  };

  const draw = (place) => {
    const facts = JSON.parse(place.dataset.chart);
    const chart = echarts.init(place, null, { renderer: "canvas" });
    chart.setOption(kinds[facts.kind](facts, colours()));
    drawn.set(place, chart);
  };
  const drawAll = () => {
    for (const [place, chart] of drawn) {
      if (!place.isConnected) { chart.dispose(); drawn.delete(place); }
    }
    for (const place of document.querySelectorAll("[data-chart]")) if (!drawn.has(place)) draw(place);
  };
  const again = () => {
    for (const chart of drawn.values()) chart.dispose();
    drawn.clear();
    drawAll();
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", drawAll);
  else drawAll();
  document.addEventListener("htmx:afterSwap", drawAll);
  window.addEventListener("resize", () => { for (const chart of drawn.values()) chart.resize(); });
  window.addEventListener("beforeprint", () => { for (const chart of drawn.values()) chart.resize(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
})();
