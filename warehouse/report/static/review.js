// The document page: a marked passage leads to its rows and back; a person accepts, rejects or fixes a row and takes home
// entries for corrections.yml. Entries wait in this browser until they are downloaded.
"use strict";
(function () {
  var block = document.getElementById("rows");
  var rows = JSON.parse(block.textContent), source = block.dataset.document, known = null;
  var kept = "muctieu.corrections", make = muctieu.make;
  var side = document.querySelector(".rows");

  // ---- marks and rows
  function light(ids, scroll) {
    document.querySelectorAll(".on").forEach(function (node) { node.classList.remove("on"); });
    document.querySelectorAll(".mark").forEach(function (mark) {
      if (mark.dataset.rows.split(" ").some(function (id) { return ids.indexOf(id) >= 0; })) { mark.classList.add("on"); }
    });
    ids.forEach(function (id, place) {
      var card = document.getElementById(id);
      if (!card) { return; }
      card.classList.add("on");
      if (place === 0 && scroll === "row") { card.scrollIntoView({ block: "nearest" }); }
    });
    if (scroll === "text") {
      var first = document.querySelector(".mark.on");
      if (first) { first.scrollIntoView({ block: "center" }); }
    }
  }
  document.querySelectorAll(".mark").forEach(function (mark) {
    var ids = mark.dataset.rows.split(" ");
    mark.addEventListener("mouseenter", function () { light(ids, getComputedStyle(side).position === "sticky" ? "row" : ""); });
    mark.addEventListener("focus", function () { light(ids, ""); });
    mark.addEventListener("click", function (event) {
      event.preventDefault();
      history.replaceState(null, "", "#" + ids[0]);
      light(ids, getComputedStyle(side).position === "sticky" ? "row" : "");
      var card = document.getElementById(ids[0]), narrow = getComputedStyle(side).position !== "sticky";
      if (!card) { return; }
      fold();
      card.classList.toggle("sheet", narrow);
      card.focus({ preventScroll: true });
    });
  });
  // On a narrow screen the row comes up from below, over the text.
  function fold() { document.querySelectorAll(".sheet").forEach(function (node) { node.classList.remove("sheet"); }); }
  document.addEventListener("click", function (event) { if (!event.target.closest(".sheet, .mark")) { fold(); } });
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") { fold(); } });
  document.querySelectorAll(".statement").forEach(function (card) {
    card.addEventListener("click", function (event) {
      if (!event.target.closest("a, button, input, summary, label")) { light([card.id], "text"); }
    });
    card.addEventListener("keydown", function (event) {
      if (event.key === "Enter" && event.target === card) { light([card.id], "text"); }
    });
  });
  function arrive() {
    var id = decodeURIComponent(window.location.hash.slice(1));
    if (Object.prototype.hasOwnProperty.call(rows, id)) {
      light([id], "text");
      document.getElementById(id).scrollIntoView({ block: "nearest" });
      light([id], "text");
    }
  }
  window.addEventListener("hashchange", arrive);
  arrive();

  var bubble = make("div", "", "reason");
  bubble.setAttribute("role", "tooltip");
  bubble.id = "reason";
  document.querySelectorAll("span.refused[data-reason]").forEach(function (node) {
    function show() {
      bubble.textContent = node.dataset.reason;
      document.body.append(bubble);
      node.setAttribute("aria-describedby", "reason");
      var box = node.getBoundingClientRect();
      bubble.style.left = Math.max(8, box.left + window.scrollX) + "px";
      bubble.style.top = box.bottom + window.scrollY + 6 + "px";
    }
    node.removeAttribute("title");
    node.addEventListener("mouseenter", show);
    node.addEventListener("focus", show);
    node.addEventListener("mouseleave", function () { bubble.remove(); });
    node.addEventListener("blur", function () { bubble.remove(); });
  });

  // ---- corrections
  var waiting = [];
  try { waiting = JSON.parse(muctieu.read(kept) || "[]"); } catch (broken) { waiting = []; }
  if (!Array.isArray(waiting)) { waiting = []; }
  function quoted(value) {
    if (value === null || typeof value === "number" || typeof value === "boolean") { return String(value); }
    return JSON.stringify(String(value)).replace(/[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff\ud800-\udfff]/g, function (character) {
      return "\\u" + ("000" + character.charCodeAt(0).toString(16)).slice(-4);
    });
  }
  function asYaml(entry) {
    var lines = ["- action: " + entry.action, "  document: " + quoted(entry.document)];
    lines.push(entry.quote === undefined ? "  statement_id: " + quoted(entry.statement_id) : "  quote: " + quoted(entry.quote));
    ["expect", "set"].forEach(function (part) {
      var names = Object.keys(entry[part] || {});
      if (names.length) {
        lines.push("  " + part + ":");
        names.forEach(function (name) { lines.push("    " + name + ": " + quoted(entry[part][name])); });
      }
    });
    lines.push("  reason: " + quoted(entry.reason), "  author: " + quoted(entry.author));
    return lines.join("\n") + "\n";
  }
  var tray = document.getElementById("tray");
  function refresh() {
    muctieu.keep(kept, JSON.stringify(waiting));
    tray.hidden = waiting.length === 0;
    tray.querySelector("h2 b").textContent = String(waiting.length);
    tray.querySelector("pre").textContent = waiting.map(asYaml).join("");
  }
  tray.addEventListener("click", function (event) {
    if (event.target.closest("[data-do=download]")) { muctieu.offer("corrections.yml", "application/yaml", waiting.map(asYaml).join("")); }
    if (event.target.closest("[data-do=clear]")) { waiting = []; refresh(); }
  });
  function lists() {
    muctieu.whenNames = [function (data) {
      known = data;
      [["indicator-ids", data.indicators, 1], ["province-names", data.provinces, null]].forEach(function (entry) {
        var list = make("datalist");
        list.id = entry[0];
        entry[1].forEach(function (row) {
          var option = make("option", entry[2] === null ? "" : row[entry[2]]);
          option.value = row[0];
          list.append(option);
        });
        document.body.append(list);
      });
    }];
    muctieu.open();
  }
  function number(text) {
    var plain = text.trim().replace(/\s/g, "");
    if (/^-?\d{1,3}(\.\d{3})+(,\d+)?$/.test(plain)) { plain = plain.replace(/\./g, ""); }
    return Number(plain.replace(",", "."));
  }
  // A province is set with its codes, an indicator with its unit; a name that the standard lacks is refused.
  function complete(set) {
    function entry(list, name) { return known && known[list].find(function (row) { return row[0] === name; }); }
    if (set.province !== undefined) {
      var place = entry("provinces", set.province);
      if (!place) { return false; }
      set.province_code = place[2];
      set.province_2025 = place[3];
    }
    if (set.indicator) {
      var indicator = entry("indicators", set.indicator);
      if (!indicator) { return false; }
      set.unit = indicator[4];
    }
    return true;
  }
  // The words find the statement again after the document was edited elsewhere; its id only where the words are not enough.
  var telling = ["province", "indicator", "value", "value_max", "year", "admin_level", "status"];
  function same(a, b) { return telling.every(function (name) { return a[name] === b[name]; }) && a.quote === b.quote; }
  function correction(row, action, set, reason, author) {
    var entry = { id: row.statement_id, action: action, document: source, expect: {}, set: set, reason: reason, author: author };
    telling.forEach(function (name) { entry.expect[name] = row[name] === undefined ? null : row[name]; });
    var alike = Object.keys(rows).filter(function (id) { return same(rows[id], row); });
    if (alike.length === 1) { entry.quote = row.quote; } else { entry.statement_id = row.statement_id; }
    return entry;
  }
  document.querySelectorAll(".review").forEach(function (place) {
    var row = rows[place.dataset.statement], action = "", card = place.closest(".statement");
    place.append(document.getElementById("review-form").content.cloneNode(true));
    place.hidden = false;
    var form = place.querySelector("form"), fields = place.querySelector(".fields"), problem = place.querySelector(".problem");
    var editable = ["value", "value_max", "year", "indicator", "province"];
    place.addEventListener("click", function (event) {
      var button = event.target.closest("[data-action]");
      if (!button) { return; }
      place.querySelectorAll(".chosen").forEach(function (node) { node.classList.remove("chosen"); });
      problem.hidden = true;
      action = button.dataset.action;
      form.hidden = action === "cancel";
      if (form.hidden) { return; }
      button.classList.add("chosen");
      fields.hidden = action !== "fix";
      if (action === "fix" && !muctieu.whenNames) { lists(); }
      editable.forEach(function (name) { form.elements[name].value = row[name] === null || row[name] === undefined ? "" : String(row[name]); });
      form.elements.author.value = muctieu.read("muctieu.author") || "";
      (action === "fix" ? form.elements.value : form.elements.reason).focus();
    });
    form.noValidate = true;
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      var reason = form.elements.reason.value.trim(), author = form.elements.author.value.trim(), set = {}, bad = false;
      if (action === "fix") {
        editable.forEach(function (name) {
          var text = form.elements[name].value.trim();
          var numeric = name === "value" || name === "value_max" || name === "year";
          var value = text === "" ? null : numeric ? number(text) : text;
          if (numeric && value !== null && !isFinite(value)) { bad = true; }
          if (value !== (row[name] === undefined ? null : row[name])) { set[name] = value; }
        });
        bad = bad || Object.keys(set).length === 0 || !complete(set);
      }
      problem.hidden = Boolean(reason && author && !bad);
      if (!problem.hidden) { return; }
      muctieu.keep("muctieu.author", author);
      waiting = waiting.filter(function (entry) { return entry.id !== row.statement_id; });
      waiting.push(correction(row, action, set, reason, author));
      form.hidden = true;
      card.focus({ preventScroll: true });
      refresh();
    });
  });
  refresh();
})();
