// Tables that sort, filter and export; tabs; the language switch; the search. No network, no evaluation, no markup from data:
// everything that comes from documents goes to the page as text.
"use strict";
(function () {
  var root = document.body.dataset.root || "";
  var words = {
    vi: { filter: "Lọc trong bảng", csv: "Tải CSV", of: "trên", nothing: "Không tìm thấy. Thử ít chữ hơn.", loading: "Đang mở chỉ mục…",
          province: "Tỉnh", indicator: "Chỉ tiêu", document: "Văn bản", target: "mục tiêu" },
    en: { filter: "Filter this table", csv: "Download CSV", of: "of", nothing: "Nothing found. Try fewer words.", loading: "Opening the index…",
          province: "Province", indicator: "Indicator", document: "Document", target: "targets" }
  };
  function say(key) { return words[muctieu.language][key]; }
  function make(tag, text, className) {
    var node = document.createElement(tag);
    if (text) { node.textContent = text; }
    if (className) { node.className = className; }
    return node;
  }
  function fold(text) {
    return text.toLowerCase().replace(/đ/g, "d").normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[^\p{L}\p{N}]+/gu, " ").trim();
  }
  muctieu.fold = fold;
  muctieu.make = make;

  // ---- language
  var switches = document.querySelectorAll("[data-language]");
  function speak(language) {
    muctieu.language = language;
    muctieu.keep("muctieu.language", language);
    document.documentElement.lang = language;
    switches.forEach(function (button) { button.setAttribute("aria-pressed", String(button.dataset.language === language)); });
    document.querySelectorAll("[data-for]").forEach(function (node) {
      node.dataset.for.split(" ").forEach(function (name) { node.setAttribute(name, node.dataset[language]); });
    });
    document.querySelectorAll("[data-word]").forEach(function (node) {
      if (node.tagName === "INPUT") { node.placeholder = say(node.dataset.word); node.setAttribute("aria-label", say(node.dataset.word)); }
      else { node.textContent = say(node.dataset.word); }
    });
  }
  switches.forEach(function (button) { button.addEventListener("click", function () { speak(button.dataset.language); }); });

  // ---- tables
  function shown(cell) {
    var text = "";
    (function walk(node) {
      if (node.nodeType === 3) { text += node.data; return; }
      if (node.nodeType !== 1 || (node.lang && node.lang !== muctieu.language && (node.className === "vi" || node.className === "en"))) { return; }
      node.childNodes.forEach(walk);
      if (/^(DIV|P|LI|SPAN)$/.test(node.tagName)) { text += " "; }
    })(cell);
    return text.replace(/\s+/g, " ").trim();
  }
  function sortKey(cell) {
    var raw = cell.dataset.sort !== undefined ? cell.dataset.sort : shown(cell);
    var plain = cell.classList.contains("number") && cell.dataset.sort === undefined ? raw.replace(/[.\s]/g, "").replace(/[^\d,–-].*$/, "").replace(",", ".") : raw;
    return plain !== "" && isFinite(plain) ? Number(plain) : raw;
  }
  var order = new Intl.Collator("vi", { numeric: true });
  function compare(a, b) {
    if (typeof a === "number" && typeof b === "number") { return a - b; }
    if (typeof a === "number") { return -1; }
    if (typeof b === "number") { return 1; }
    return order.compare(a, b);
  }
  // A cell that a spreadsheet would take for a formula gets an apostrophe in front; plain numbers stay numbers.
  function safeCell(text) {
    var safe = /^-?\d+(\.\d+)?$/.test(text) ? text : /^[\s\u200b\ufeff]*[=+\-@＝＋－＠]/.test(text) || /^[\t\r\n]/.test(text) ? "'" + text : text;
    return /[",\r\n;]/.test(safe) ? '"' + safe.replace(/"/g, '""') + '"' : safe;
  }
  function offer(name, type, content) {
    var link = make("a");
    link.href = URL.createObjectURL(new Blob([content], { type: type }));
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 10000);
  }
  muctieu.offer = offer;
  document.querySelectorAll("table[data-tools]").forEach(function (table) {
    var body = table.tBodies[0], rows = Array.prototype.slice.call(body.rows), folded = null;
    var heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
    heads.forEach(function (head, column) {
      var button = make("button");
      button.type = "button";
      while (head.firstChild) { button.append(head.firstChild); }
      head.scope = "col";
      head.append(button);
      button.addEventListener("click", function () {
        var down = head.getAttribute("aria-sort") === "ascending" || (!head.hasAttribute("aria-sort") && head.classList.contains("number"));
        heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        var keyed = rows.map(function (row, place) { return { row: row, place: place, key: sortKey(row.cells[column]) }; });
        keyed.sort(function (a, b) { return (down ? -1 : 1) * compare(a.key, b.key) || a.place - b.place; });
        body.append.apply(body, keyed.map(function (entry) { return entry.row; }));
      });
    });
    if (rows.length < 6) { return; }
    var tools = make("div", "", "tools"), input = make("input"), count = make("span"), csv = make("button");
    input.type = "search";
    input.dataset.word = "filter";
    csv.type = "button";
    csv.dataset.word = "csv";
    count.setAttribute("aria-live", "polite");
    tools.append(input, count, csv);
    table.parentElement.before(tools);
    input.addEventListener("input", function () {
      folded = folded || rows.map(function (row) { return fold(row.textContent); });
      var wanted = fold(input.value).split(" "), seen = 0;
      rows.forEach(function (row, place) {
        var hit = wanted.every(function (word) { return folded[place].indexOf(word) >= 0; });
        row.hidden = !hit;
        seen += hit;
      });
      count.textContent = seen === rows.length ? "" : seen + " " + say("of") + " " + rows.length;
    });
    csv.addEventListener("click", function () {
      var lines = [heads].concat(Array.prototype.filter.call(body.rows, function (row) { return !row.hidden; })
        .map(function (row) { return Array.prototype.slice.call(row.cells); }))
        .map(function (cells) { return cells.map(function (cell) { return safeCell(shown(cell)); }).join(","); });
      offer((table.dataset.name || "table").replace(/[^\p{L}\p{N}_-]+/gu, "-") + ".csv", "text/csv;charset=utf-8", "\ufeff" + lines.join("\r\n") + "\r\n");
    });
  });

  // ---- tabs
  document.querySelectorAll("[data-tabs]").forEach(function (group) {
    var buttons = group.querySelectorAll("[data-tab]");
    function show(id) {
      buttons.forEach(function (button) {
        var on = button.dataset.tab === id;
        button.setAttribute("aria-pressed", String(on));
        button.setAttribute("aria-controls", button.dataset.tab);
        document.getElementById(button.dataset.tab).hidden = !on;
      });
    }
    buttons.forEach(function (button) { button.addEventListener("click", function () { show(button.dataset.tab); }); });
    if (buttons.length) { show(buttons[0].dataset.tab); }
  });

  // ---- search
  var box = document.getElementById("search"), list = document.getElementById("results");
  var index = null, quotes = [], wanted = false, arrived = 0, active = -1;
  function fetchScript(path) {
    var script = make("script");
    script.src = root + path;
    document.head.append(script);
  }
  muctieu.names = function (data) {
    index = data;
    index.places = data.provinces.map(function (row) { return { name: row[0], page: row[1], text: fold(row[0]) }; });
    index.measures = data.indicators.map(function (row) {
      return { id: row[0], vi: row[1], en: row[2], page: row[3], name: fold(row[1]), text: " " + fold(row[1] + " " + row[2] + " " + row[0].replace(/_/g, " ") + " " + row[5].replace(/\|/g, " ")) };
    });
    index.papers = data.documents.map(function (row) {
      return { title: row[0], number: row[1], place: row[2], page: row[3], text: " " + fold(row.slice(0, 3).join(" ")) };
    });
    for (var shard = 0; shard < data.shards; shard += 1) { fetchScript("data/quotes-" + shard + ".js"); }
    (muctieu.whenNames || []).forEach(function (call) { call(data); });
    look();
  };
  muctieu.quotes = function (shard, rows) {
    arrived += 1;
    rows.forEach(function (row) { quotes.push({ quote: row[0], place: row[1], page: row[2], text: null }); });
    if (index && arrived === index.shards) { look(); }
  };
  muctieu.open = function () { if (!wanted) { wanted = true; fetchScript("data/names.js"); } };
  function has(text, tokens) { return tokens.every(function (token) { return text.indexOf(" " + token) >= 0; }); }
  function find(query) {
    var phrase = fold(query), tokens = phrase.split(" "), found = [];
    function add(score, page, title, kind) { found.push({ score: score, page: page, title: title, kind: kind }); }
    index.places.forEach(function (place, number) {
      var padded = " " + phrase + " ", at = padded.indexOf(" " + place.text + " ");
      if (at < 0) {
        if (has(" " + place.text, tokens)) { add(900 - place.text.length, place.page, place.name, say("province")); }
        return;
      }
      var rest = (padded.slice(0, at) + " " + padded.slice(at + place.text.length + 2)).replace(/\s+/g, " ").trim();
      if (!rest) { add(1000, place.page, place.name, say("province")); return; }
      index.pairs.forEach(function (pair) {
        var measure = index.measures[pair[1]];
        if (pair[0] === number && has(measure.text, rest.split(" "))) {
          var whole = measure.text.indexOf(" " + rest) >= 0 ? 100 : 0;
          add(1100 + place.text.length + whole - measure.name.length / 4, place.page + "#i-" + measure.id,
            place.name + " · " + measure[muctieu.language], pair[2] + " " + say("target"));
        }
      });
    });
    index.measures.forEach(function (measure) {
      if (has(measure.text, tokens)) {
        add(700 + (measure.text.indexOf(" " + phrase) >= 0 ? 100 : 0) - measure.name.length / 4, measure.page, measure[muctieu.language], say("indicator"));
      }
    });
    index.papers.forEach(function (paper) {
      if (has(paper.text, tokens)) { add(500 - paper.text.length / 8, paper.page, paper.title, say("document") + " " + paper.number + " " + paper.place); }
    });
    found.sort(function (a, b) { return b.score - a.score; });
    found = found.slice(0, 9);
    var more = 0;
    for (var i = 0; i < quotes.length && more < 7; i += 1) {
      var entry = quotes[i];
      if (entry.text === null) { entry.text = " " + fold(entry.place + " " + entry.quote); }
      if (has(entry.text, tokens)) { found.push({ page: entry.page, title: "“" + entry.quote + "”", kind: entry.place }); more += 1; }
    }
    return found;
  }
  function pick(place) {
    active = place;
    list.querySelectorAll("[role=option]").forEach(function (option, number) {
      option.setAttribute("aria-selected", String(number === place));
      if (number === place) { box.setAttribute("aria-activedescendant", option.id); option.scrollIntoView({ block: "nearest" }); }
    });
  }
  function look() {
    var query = box.value.trim();
    list.textContent = "";
    active = -1;
    box.removeAttribute("aria-activedescendant");
    list.hidden = !query;
    box.setAttribute("aria-expanded", String(Boolean(query)));
    if (!query) { return; }
    if (!index) { list.append(make("li", say("loading"), "nothing")); return; }
    var found = find(query);
    found.forEach(function (result, number) {
      var option = make("li", result.title);
      option.id = "result-" + number;
      option.setAttribute("role", "option");
      option.append(make("small", result.kind));
      option.addEventListener("mousedown", function (event) { event.preventDefault(); go(result); });
      option.dataset.page = result.page;
      list.append(option);
    });
    if (found.length) { pick(0); } else { list.append(make("li", say("nothing"), "nothing")); }
  }
  function go(result) { list.hidden = true; window.location.href = root + result.page; }
  box.addEventListener("focus", muctieu.open);
  box.addEventListener("input", function () { muctieu.open(); look(); });
  box.addEventListener("blur", function () { list.hidden = true; box.setAttribute("aria-expanded", "false"); });
  box.addEventListener("keydown", function (event) {
    var options = list.querySelectorAll("[role=option]");
    if (event.key === "Escape") { box.value = ""; look(); }
    if (!options.length) { return; }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      pick((active + (event.key === "ArrowDown" ? 1 : options.length - 1)) % options.length);
    }
    if (event.key === "Enter" && active >= 0) { event.preventDefault(); go({ page: options[active].dataset.page }); }
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) { event.preventDefault(); box.focus(); }
  });

  speak(muctieu.language);
})();
