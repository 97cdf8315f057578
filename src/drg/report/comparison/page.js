// The page of a comparison: tables that sort and filter, and the cases behind every number.
// All texts of files go through textContent: none of them is taken for markup.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const lists = data.lists;
  const place = Object.fromEntries(data.case_columns.map((name, at) => [name, at]));
  const versions = data.versions.map((version) => version.id);
  const FIRST = 15;
  const MORE = 100;

  const grouped = (digits) => {
    const format = new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    return (value) => format.format(value);
  };
  const WRITE = {
    text: String,
    count: grouped(0),
    money: grouped(2),
    weight: grouped(4),
    number: grouped(4),
    share: (value) => (value * 100).toFixed(2) + " %",
  };
  const written = (value, kind) => (value === null || value === undefined ? "–" : WRITE[kind](value));
  // A status keeps its name, by which cases are found; readers see it in both languages.
  const said = (value) => (value in data.words ? `${data.words[value]} ${value}` : value);
  const isStatus = (column) => column.name === "status" || (column.name ?? "").endsWith("_status");

  function element(tag, text, attributes = {}) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  }

  // ---------------------------------------------------------------------------------------------- tables

  // What to call when one hospital is chosen, or null for all of them.
  const narrowed = [];

  // spec: columns [{zh, en, kind}], rows, total, press(row, column) -> function or null
  function table(spec, host) {
    const state = { by: null, down: true, text: "", most: FIRST, hospital: null };
    const bar = element("div", undefined, { class: "bar" });
    const made = element("table");
    const head = made.createTHead().insertRow();
    const body = made.createTBody();
    spec.columns.forEach((column, at) => {
      const cell = element("th", undefined, { scope: "col", class: column.kind === "text" ? "" : "n" });
      // No button element: a heading that holds one is not repeated on the pages of a print.
      const button = element("span", undefined, { role: "button", tabindex: "0" });
      button.append(column.zh, element("small", column.en));
      const sort = () => {
        state.down = state.by === at ? !state.down : column.kind !== "text";
        state.by = at;
        show();
      };
      button.addEventListener("click", sort);
      button.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        sort();
      });
      cell.append(button);
      head.append(cell);
    });
    const filter = element("input", undefined, { type: "search", placeholder: "筛选 filter" });
    filter.addEventListener("input", () => {
      state.text = filter.value.trim().toLowerCase();
      show();
    });
    const told = element("span");
    const more = element("button", `更多 +${MORE}`, { type: "button" });
    const all = element("button", "全部 all", { type: "button" });
    more.addEventListener("click", () => { state.most += MORE; show(); });
    all.addEventListener("click", () => { state.most = Infinity; show(); });
    if (spec.rows.length > FIRST) bar.append(filter);
    bar.append(told, more, all);

    const texts = spec.columns.flatMap((column, at) => (column.kind === "text" ? [at] : []));
    const ofHospital = spec.columns.findIndex((column) => column.name === "hospital_id");
    function chosen() {
      let found = state.text
        ? spec.rows.filter((row) => texts.some((at) => String(row[at] ?? "").toLowerCase().includes(state.text)))
        : spec.rows.slice();
      if (state.hospital !== null) found = found.filter((row) => row[ofHospital] === state.hospital);
      if (state.by === null) return found;
      const at = state.by;
      const sign = state.down ? -1 : 1;
      return found.sort((a, b) => {
        const [x, y] = [a[at], b[at]];
        if (x === null || y === null) return (x === null) - (y === null);
        return sign * (typeof x === "number" ? x - y : String(x).localeCompare(String(y), "zh"));
      });
    }

    function show() {
      const rows = chosen();
      const seen = rows.slice(0, state.most);
      body.replaceChildren(...seen.map((row) => {
        const line = element("tr");
        spec.columns.forEach((column, at) => {
          const show = column.show ?? (isStatus(column) ? said : null);
          const text = show && row[at] !== null ? show(row[at]) : written(row[at], column.kind);
          const cell = element("td", undefined, { class: column.kind === "text" ? "" : "n" });
          // There are no cases behind nothing.
          const press = row[at] === null || (row[at] === 0 && column.kind === "count") ? null : spec.press(row, column, at);
          if (press) {
            const button = element("button", text, { type: "button" });
            button.addEventListener("click", press);
            cell.append(button);
          } else cell.textContent = text;
          line.append(cell);
        });
        return line;
      }));
      [...head.cells].forEach((cell, at) => {
        if (state.by === at) cell.setAttribute("aria-sort", state.down ? "descending" : "ascending");
        else cell.removeAttribute("aria-sort");
      });
      const beyond = spec.total > spec.rows.length
        ? `；共 ${WRITE.count(spec.total)} 行，全部在工作簿中 of ${WRITE.count(spec.total)}; all are in the workbook`
        : "";
      told.textContent = rows.length
        ? `显示 ${WRITE.count(seen.length)} / ${WRITE.count(rows.length)} 行 rows shown${beyond}`
        : "没有数据 nothing";
      told.hidden = spec.rows.length > 0 && spec.total <= FIRST;
      more.hidden = all.hidden = seen.length >= rows.length;
    }
    show();
    const wide = element("div", undefined, { class: "wide" });
    wide.append(made);
    host.append(bar, wide);
    if (ofHospital >= 0) narrowed.push((hospital) => { state.hospital = hospital; show(); });
  }

  // ----------------------------------------------------------------------------------------------- cases

  const label = (row, at) => lists.labels[row[place["label" + at]]];
  const status = (row, at) => lists.statuses[row[place["status" + at]]];

  const nameOf = (group, at) => data.known[at][lists.labels.indexOf(group)]?.[2] ?? "";

  function code(row, at, level) {
    const number = row[place["label" + at]];
    const state = status(row, at);
    if (state === "ungrouped" || state === "invalid") return null;
    if (level === "DRG") return state === "no_drg" ? null : lists.labels[number];
    return data.known[at][number][level === "MDC" ? 0 : 1];
  }

  function kind(row, at, level) {
    const base = code(row, 0, level);
    const other = code(row, at, level);
    if (base === null) return other === null ? "neither" : "only_other";
    if (other === null) return "only_base";
    return base === other ? "same" : "different";
  }

  const TESTS = {
    hospital: (row, value) => lists.hospitals[row[place.hospital]] === value,
    department: (row, value) => lists.departments[row[place.department]] === value,
    base: (row, value) => label(row, 0) === value,
    other: (row, value, at) => label(row, at) === value,
    group: (row, value, at) => label(row, at) === value && status(row, at) === "grouped",
    status: (row, value, at) => status(row, at) === value,
    base_status: (row, value) => status(row, 0) === value,
    reason: (row, value, at) => lists.reasons[row[place["reason" + at]]] === value,
    base_reason: (row, value) => lists.reasons[row[place.reason0]] === value,
    // A code that means another group is a change too.
    changed: (row, value, at) =>
      (label(row, 0) !== label(row, at) || data.homonyms[at].includes(label(row, 0))) === value,
    cause: (row, value, at) => lists.causes[row[place["cause" + at]]] === value,
    kind: (row, value, at, asked) => kind(row, at, asked.level) === value,
    without: (row, value, at) => !value.has(label(row, 0) + "\t" + label(row, at)),
  };

  function matching(asked) {
    const at = asked.at ?? versions.indexOf(asked.version);
    const tests = Object.entries(asked).filter(([name]) => name in TESTS);
    return data.cases.filter((row) => tests.every(([name, value]) => TESTS[name](row, value, at, asked)));
  }

  const NAMES = {
    hospital: "医疗机构 hospital",
    department: "科室 department",
    base: `${versions[0]} 病组 group`,
    other: "新病组 group",
    group: "病组 group",
    status: "状态 status",
    base_status: "基准状态 status under the base",
    reason: "原因 reason",
    base_reason: "基准原因 reason under the base",
    cause: "换组原因 first cause",
    kind: "异同 agreement",
    level: "层级 level",
  };

  function described(asked) {
    const at = asked.at ?? versions.indexOf(asked.version);
    const parts = [at > 0 && asked.group === undefined && asked.status === undefined
      ? `${versions[0]} → ${versions[at]}` : versions[at]];
    for (const [name, text] of Object.entries(NAMES)) {
      if (asked[name] === undefined) continue;
      const one = name === "base" ? 0 : at;
      const called = ["base", "other", "group"].includes(name) ? nameOf(asked[name], one) : "";
      const value = name.endsWith("status") ? said(asked[name]) : asked[name];
      parts.push(`${text}: ${value ?? "–"} ${called}`.trim());
    }
    if (asked.changed) parts.push("换组 changed");
    if (asked.without) parts.push("其余流向 all other flows");
    return parts.join(" · ");
  }

  const dialog = document.getElementById("cases");
  function open(title, fill) {
    const close = element("button", "关闭 close ✕", { type: "button", class: "close" });
    close.addEventListener("click", () => dialog.close());
    const body = element("div");
    dialog.replaceChildren(close, element("h2", title), body);
    fill(body);
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
  }
  dialog.addEventListener("close", () => {
    if (location.hash.includes("?")) history.replaceState(null, "", location.pathname + location.search);
  });

  function showCases(asked, count) {
    const rows = matching(asked);
    open("病例 Cases", (body) => {
      body.append(element("p", described(asked)));
      const all = count === undefined ? "" : ` / ${WRITE.count(count)}`;
      body.append(element("p",
        `显示 ${WRITE.count(rows.length)}${all} 例（按原文件次序）；全部病例见 cases.parquet。`
        + ` ${WRITE.count(rows.length)}${all} cases shown, by their order in the file; all are in cases.parquet.`,
        { class: "told" }));
      const first = versions.map((_, at) => at);
      const at = asked.at ?? versions.indexOf(asked.version);
      const used = at > 0 ? [0, at] : first;
      const text = (zh, en, of) => ({ zh, en, kind: "text", of });
      const columns = [
        { zh: "行", en: "row", kind: "count", of: (row) => row[place.row] },
        text("病案标识", "case_id", (row) => row[place.case_id]),
        text("医疗机构", "hospital", (row) => lists.hospitals[row[place.hospital]]),
        text("科室", "department", (row) => lists.departments[row[place.department]]),
        { zh: "住院日", en: "days", kind: "count", of: (row) => row[place.days] },
        { zh: "费用", en: "cost", kind: "money", of: (row) => row[place.cost] },
      ];
      for (const one of used) {
        columns.push(
          text("病组", versions[one], (row) => label(row, one)),
          text("说明", "status, reason", (row) => {
            const why = lists.reasons[row[place["reason" + one]]];
            return why ? `${said(status(row, one))}: ${why}` : said(status(row, one));
          }));
        if (one > 0) columns.push(text("换组原因", "first cause", (row) => lists.causes[row[place["cause" + one]]]));
        if (place["weight" + one] === undefined) continue;
        for (const [name, zh, kind_] of [["weight", "权重", "weight"], ["standard", "支付标准", "money"],
          ["payment", "支付", "money"], ["surplus", "结余", "money"]]) {
          columns.push({ zh, en: name, kind: kind_, of: (row) => row[place[name + one]] });
        }
      }
      table({
        columns,
        rows: rows.map((row) => columns.map((column) => column.of(row))),
        total: rows.length,
        press: () => null,
      }, body);
    });
  }

  // --------------------------------------------------------------------------------------------- drivers

  const DRIVERS = {
    rank: ["序", "rank", "count"],
    base: ["原病组", "from", "text"],
    other: ["新病组", "to", "text"],
    flows: ["流向数", "flows", "count"],
    cases: ["病例数", "cases", "count"],
    weight_difference: ["权重差", "weight", "weight"],
    standard_difference_yuan: ["支付标准差", "standard", "money"],
    payment_difference_yuan: ["支付差", "payment", "money"],
    surplus_difference_yuan: ["结余差", "surplus", "money"],
  };
  const isRest = (row, columns) => row[columns.indexOf("rank")] === null;
  const named = (row, columns, at, extra) => (isRest(row, columns)
    ? extra : { at, base: row[columns.indexOf("base")], other: row[columns.indexOf("other")] });

  function pairs(rows, columns) {
    const [base, other] = [columns.indexOf("base"), columns.indexOf("other")];
    return new Set(rows.filter((row) => !isRest(row, columns)).map((row) => row[base] + "\t" + row[other]));
  }

  function showDrivers(asked, count) {
    const by = asked.department === undefined ? "1" : "2";
    const found = data.drivers[asked.at][by].find(
      (one) => one.place[0] === (asked.hospital ?? null) && (by === "1" || one.place[1] === asked.department));
    if (!found) return showCases(asked, count);
    const columns = found.columns;
    const sums = columns.map((name, at) => (name === "flows" || name === "cases" || /_difference(_yuan)?$/.test(name)
      ? found.rows.reduce((sum, row) => sum + Math.round(row[at] * 1e6), 0) / 1e6 : null));
    sums[columns.indexOf("base")] = "合计 sum";
    const others = pairs(found.rows, columns);
    const where = { hospital: asked.hospital ?? null };
    if (by === "2") where.department = asked.department;
    open("差异的主要来源 Main drivers of the difference", (body) => {
      body.append(element("p", described({ ...asked, changed: undefined })));
      table({
        columns: columns.map((name) => {
          const [zh, en, kind_] = DRIVERS[name];
          const one = { base: 0, other: asked.at }[name];
          const show = one === undefined ? undefined : (group) => `${group} ${nameOf(group, one)}`.trim();
          return { name, zh, en, kind: kind_, show };
        }),
        rows: [...found.rows, sums],
        total: found.rows.length + 1,
        press: (row, column) => {
          if (column.kind === "text" || column.name === "rank" || column.name === "flows") return null;
          const rest = row === sums ? { at: asked.at } : { at: asked.at, without: others };
          const which = row === sums ? rest : named(row, columns, asked.at, rest);
          return () => showCases({ ...which, ...where }, row[columns.indexOf("cases")]);
        },
      }, body);
    });
  }

  // ------------------------------------------------------------------------------------------- the page

  function criteria(spec, row) {
    const asked = {};
    for (const [name, rule] of Object.entries(spec.cases)) {
      asked[name] = rule !== null && typeof rule === "object" ? row[rule.col] : rule;
    }
    return asked;
  }

  for (const spec of data.tables) {
    const names = spec.columns.map((column) => column.name);
    const others = spec.id.startsWith("drivers") ? pairs(spec.rows, names) : null;
    spec.press = (row, column, at) => {
      if (column.cases === null) return null;
      let asked = { ...criteria(spec, row), ...column.cases };
      if (others && isRest(row, names)) asked = { at: asked.at, without: others };
      // Other numbers than counts tell nothing of how many cases there are, unless they are of the whole row.
      const whole = Object.keys(column.cases).length === 0;
      const count = column.counts ? row[at] : whole ? row[names.indexOf("cases")] : undefined;
      return () => (column.drivers ? showDrivers(asked, count) : showCases(asked, count));
    };
    table(spec, document.getElementById("table-" + spec.id));
  }

  const own = document.querySelector("#own input");
  if (own) {
    const known = new Set(data.tables.filter((spec) => spec.id.startsWith("hospitals"))
      .flatMap((spec) => spec.rows.map((row) => row[0])).filter((hospital) => hospital !== null));
    const list = document.getElementById("hospitals");
    list.append(...[...known].sort().map((hospital) => element("option", undefined, { value: hospital })));
    own.addEventListener("input", () => {
      const asked = own.value.trim();
      narrowed.forEach((show) => show(known.has(asked) ? asked : null));
      document.querySelector("#own span").textContent = asked && !known.has(asked)
        ? "没有这家医院，或不在本页 no such hospital on this page" : "";
    });
  }

  for (const place of document.querySelectorAll(".migration")) {
    const chosen = place.querySelector("select");
    const figures = place.querySelectorAll("figure");
    chosen?.addEventListener("change", () =>
      figures.forEach((figure, at) => { figure.hidden = at !== chosen.selectedIndex; }));
  }

  // Bars and points of the charts lead to #cases?… and #drivers?….
  function follow() {
    const [what, query] = decodeURI(location.hash).split("?");
    if (!query) return;
    const asked = Object.fromEntries(new URLSearchParams(location.hash.split("?")[1]));
    if (asked.at !== undefined) asked.at = Number(asked.at);
    if (what === "#drivers") showDrivers(asked);
    else showCases(asked);
  }
  window.addEventListener("hashchange", follow);
  follow();
})();
