// What Streamlit has no setting for. Installed once a browser window; the frame puts it into every page.
(() => {
  if (window.cheshmeh) return window.cheshmeh();

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
  const ATTRIBUTES = ["aria-label", "alt", "placeholder", "title", "data-title"];
  const translated = (text) => {
    const { whole, first } = window.cheshmehWords;
    if (Object.hasOwn(whole, text)) return whole[text];
    const said = Object.keys(first).find((other) => text.startsWith(`${other} `));
    if (said) return first[said] + text.slice(said.length);
    const head = text.split(": ", 1)[0].trim();
    return Object.hasOwn(whole, head) ? text.replace(head, whole[head]) : text;
  };
  const inOwnWords = () => {
    for (const name of ATTRIBUTES) for (const element of document.querySelectorAll(`[${name}]`)) {
      const label = element.getAttribute(name), ours = translated(label);
      if (ours !== label) element.setAttribute(name, ours);
    }
    // "check_circle icon": a word of ours stands beside each.
    for (const icon of document.querySelectorAll('[role="img"][aria-label$=" icon"]:not([aria-hidden])')) icon.setAttribute("aria-hidden", "true");
    for (const place of document.querySelectorAll(PLACES)) {
      const texts = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        const node = texts.currentNode, ours = translated(node.data);
        if (ours !== node.data) node.data = ours;
      }
    }
  };
  // Not put off by what changes next: something that moves with every frame would put it off for ever. And by the
  // clock: a window that nobody sees, or a busy machine, draws no frames.
  let waiting = false;
  const soon = () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => { waiting = false; openAtStart(); inOwnWords(); }, 16);
  };
  new MutationObserver(soon).observe(document.body, { childList: true, subtree: true, attributeFilter: ATTRIBUTES });
  addEventListener("resize", soon);
  // What stands there already: on a page that is still nothing changes after this.
  window.cheshmeh = soon;
  soon();

  // On the way to another page Streamlit writes the new parameters behind the old page's path first, and the step
  // back would lead to a place where nobody has been: the second step takes the place of the first.
  const push = history.pushState.bind(history), replace = history.replaceState.bind(history);
  let half = -Infinity;
  history.pushState = (state, unused, url) => {
    const to = new URL(url ?? location.href, location.href), moves = to.pathname !== location.pathname;
    const second = moves && to.search && to.search === location.search && performance.now() - half < 1000;
    half = !moves && to.search !== location.search ? performance.now() : -Infinity;
    (second ? replace : push)(state, unused, url);
  };

  // Keys for people who know them. By the place of the key, not its letter: on a Persian keyboard G writes ل.
  const PAGES = { KeyS: "", KeyA: "add", KeyH: "health", KeyP: "playground", KeyM: "admin" };
  const writes = (at) => at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName);
  const press = (selector) => { const found = document.querySelector(selector); if (found) found.click(); return Boolean(found); };
  let going = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || writes(event.target)) return;
    if (document.querySelector('[data-testid="stDialog"]')) return;
    const fresh = event.timeStamp - going < 1500;
    going = event.code === "KeyG" && !event.shiftKey ? event.timeStamp : 0;
    if (fresh && event.code in PAGES) {
      if (press(`a[data-testid="stSidebarNavLink"][href$="/${PAGES[event.code]}"]`)) event.preventDefault();
    } else if (event.code === "Slash" && event.shiftKey) {
      if (press(".st-key-shortcuts button")) event.preventDefault();
    } else if (event.code === "Slash") {
      const search = document.querySelector(".st-key-sources_search input");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    }
  });

  // Browsers take no digits but Latin ones in an input for numbers, and say nothing of the others.
  const PERSIAN_ZERO = 0x6f0, ARABIC_ZERO = 0x660;
  const latin = (letter) => letter === "٫" ? "." : String((letter.charCodeAt(0) - ARABIC_ZERO) % (PERSIAN_ZERO - ARABIC_ZERO));
  document.addEventListener("beforeinput", (event) => {
    if (event.target.type !== "number" || !/[۰-۹٠-٩٫]/.test(event.data ?? "")) return;
    event.preventDefault();
    document.execCommand("insertText", false, event.data.replace(/[۰-۹٠-٩٫]/g, latin));
  }, true);

  // Streamlit takes what was typed when an input is left, but not when Tab leads to the eye beside a password.
  document.addEventListener("focusout", (event) => {
    const input = event.target, box = input.closest('[data-testid="stTextInput"]');
    if (!(input instanceof HTMLInputElement) || !box || !box.contains(event.relatedTarget)) return;
    // Within a form each letter is kept as it comes, and Enter would send it.
    if (input.closest('[data-testid="stForm"]')) return;
    input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  });

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
