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
  let frame = 0;
  const soon = () => { cancelAnimationFrame(frame); frame = requestAnimationFrame(openAtStart); };
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
