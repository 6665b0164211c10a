// What Streamlit has no setting for. Installed once a browser window; the frame puts it into every page.
(() => {
  if (window.cheshmeh) return;
  window.cheshmeh = true;

  // A table whose columns were reversed opens at the side where reading starts, not at its far end.
  const started = new WeakSet();
  const openAtStart = () => {
    if (document.documentElement.dir !== "rtl") return;
    for (const box of document.querySelectorAll('[class*="st-key-mirrored_"] .dvn-scroller')) {
      if (started.has(box) || box.scrollWidth <= box.clientWidth) continue;
      started.add(box);
      box.scrollLeft = box.scrollWidth;
    }
  };

  // Streamlit's own words have no catalogue: they are replaced where they appear, labels for screen readers too.
  const PLACES = ["stMainMenuPopover", "stTooltipContent", "stDataFrameColumnMenu", "stDataFrameColumnVisibilityMenu",
    "stStatusWidget", "stSelectboxVirtualDropdown"].map((id) => `[data-testid="${id}"]`).join(", ") + ", a[href='#stMain']";
  const translated = (text) => {
    const { whole, help } = window.cheshmehWords;
    if (text.startsWith(`${help[0]} `)) return help[1] + text.slice(help[0].length);
    const head = text.split(": ", 1)[0].trim();
    return Object.hasOwn(whole, head) ? text.replace(head, whole[head]) : text;
  };
  const inOwnWords = () => {
    for (const element of document.querySelectorAll("[aria-label]")) {
      const label = element.getAttribute("aria-label"), ours = translated(label);
      if (ours !== label) element.setAttribute("aria-label", ours);
    }
    for (const place of document.querySelectorAll(PLACES)) {
      const texts = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        const node = texts.currentNode, ours = translated(node.data);
        if (ours !== node.data) node.data = ours;
      }
    }
  };
  let frame = 0;
  const soon = () => { cancelAnimationFrame(frame); frame = requestAnimationFrame(() => { openAtStart(); inOwnWords(); }); };
  new MutationObserver(soon).observe(document.body, { childList: true, subtree: true });
  addEventListener("resize", soon);

  // Parameters are judged while they are written: a pause counts as the Ctrl+Enter that Streamlit waits for.
  let pause = 0;
  document.addEventListener("input", (event) => {
    const area = event.target;
    if (!(area instanceof HTMLTextAreaElement) || !area.closest('[class*="st-key-ltr_params_"]')) return;
    clearTimeout(pause);
    pause = setTimeout(() => {
      area.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, bubbles: true }));
    }, 500);
  });
})();
