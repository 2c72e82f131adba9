(function () {
  "use strict";
  var page = document.documentElement;
  var buttons = document.querySelectorAll("[data-choose]");
  function choose(language) {
    page.dataset.lang = language;
    page.lang = language === "zh" ? "zh-CN" : "en";
    document.title = page.dataset[language === "zh" ? "titleZh" : "titleEn"];
    buttons.forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.choose === language));
    });
  }
  buttons.forEach(function (button) {
    button.addEventListener("click", function () { choose(button.dataset.choose); });
  });
  choose(page.dataset.lang);

  var tip = document.getElementById("tip");
  function show(event) {
    var mark = event.target.closest("[data-tip-zh]");
    if (!mark) { tip.hidden = true; return; }
    tip.textContent = page.dataset.lang === "zh" ? mark.dataset.tipZh : mark.dataset.tipEn;
    tip.hidden = false;
    var left = Math.min(event.clientX + 12, window.innerWidth - tip.offsetWidth - 8);
    var top = event.clientY + 16;
    if (top + tip.offsetHeight > window.innerHeight) { top = event.clientY - tip.offsetHeight - 12; }
    tip.style.left = Math.max(4, left) + "px";
    tip.style.top = top + "px";
  }
  ["pointermove", "pointerdown"].forEach(function (name) { document.addEventListener(name, show); });
  document.addEventListener("scroll", function () { tip.hidden = true; }, { passive: true });
})();
