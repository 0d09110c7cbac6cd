// Sets the language before anything is painted: ?lang=en, else what was chosen last, else Vietnamese.
"use strict";
window.muctieu = (function () {
  var store = null;
  try { store = window.localStorage; } catch (blocked) { store = null; }
  function read(key) { try { return store && store.getItem(key); } catch (blocked) { return null; } }
  function keep(key, value) { try { if (store) { store.setItem(key, value); } } catch (blocked) { /* private mode */ } }
  var asked = /[?&]lang=(vi|en)\b/.exec(window.location.search);
  var language = asked ? asked[1] : read("muctieu.language") === "en" ? "en" : "vi";
  document.documentElement.lang = language;
  return { read: read, keep: keep, language: language };
})();
