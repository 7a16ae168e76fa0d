// Values under the pointer, the run that is picked, the contents' mark, and tables that are open on paper.
// The page is whole without it: every chart keeps its <title>, and the first run is shown.
(() => {
  "use strict";
  const root = document.documentElement, SPAN = 3.5;
  root.classList.add("scripted");

  const tip = document.createElement("div");
  tip.id = "tip"; tip.hidden = true; tip.setAttribute("role", "status");
  document.body.append(tip);
  for (const title of document.querySelectorAll("svg title")) {
    const of = title.parentElement;
    if (of.tagName === "svg") of.setAttribute("aria-label", title.textContent);
    else of.dataset.say = title.textContent;
    title.remove();
  }
  const sd = value => value.toFixed(2).replace("-", "\u2212");
  // The point of a scatter that is nearest to the pointer, in standard deviations; nothing beyond 12 pixels.
  const nearest = (svg, event) => {
    const dots = svg.querySelector(".dots"), frame = svg.querySelector(".frame");
    if (!dots || !frame) return null;
    const screen = svg.getScreenCTM(), at = new DOMPoint(event.clientX, event.clientY).matrixTransform(screen.inverse());
    let best = null, least = 12 / screen.a;
    for (const [, x, y] of dots.getAttribute("d").matchAll(/M(\S+) (\S+?)h0/g)) {
      const far = Math.hypot(x - at.x, y - at.y);
      if (far < least) { least = far; best = [+x, +y]; }
    }
    if (!best) return null;
    const box = frame.getBBox(), of = part => (2 * part - 1) * SPAN;
    const read = of(1 - (best[1] - box.y) / box.height);
    return `true ${sd(of((best[0] - box.x) / box.width))}, recovered ${sd(read)}`;
  };
  const say = event => {
    const svg = event.target.closest?.("svg[role=img]");
    const said = svg && (event.target.closest("[data-say]")?.dataset.say ?? nearest(svg, event));
    tip.hidden = !said;
    if (!said) return;
    tip.textContent = said;
    const { width, height } = tip.getBoundingClientRect();
    const x = Math.min(Math.max(4, event.clientX - width / 2), innerWidth - width - 4);
    const y = event.clientY - height - 14;
    tip.style.transform = `translate(${x}px, ${y < 4 ? event.clientY + 18 : y}px)`;
  };
  addEventListener("pointermove", say);
  addEventListener("pointerdown", say);
  addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });

  // One run at a time: each option holds a run's numbers and its points, two bytes each.
  for (const select of document.querySelectorAll("select[data-runs]")) {
    const shown = document.getElementById(select.dataset.runs);
    const facts = shown.querySelector(".facts"), grid = shown.querySelector(".grid"), model = grid.firstElementChild;
    const show = () => {
      const run = JSON.parse(select.selectedOptions[0].dataset.run);
      facts.replaceChildren(...run.facts.map(([name, value]) => {
        const div = document.createElement("div"), dt = document.createElement("dt"), dd = document.createElement("dd");
        dt.textContent = name; dd.textContent = value; div.append(dt, dd);
        return div;
      }));
      grid.replaceChildren(...run.controls.map(control => {
        const cell = model.cloneNode(true), [name, r2] = cell.querySelectorAll(".head span"), dots = cell.querySelector(".dots");
        name.textContent = control.name; r2.textContent = control.r2;
        cell.querySelector("svg").setAttribute("aria-label", `${control.name}: true against recovered`);
        cell.querySelector("desc").textContent = `${run.name}, R² ${control.r2}.`;
        const bytes = atob(control.points);
        let d = "";
        for (let i = 0; i + 1 < bytes.length; i += 2)
          d += `M${(22 + 134 * bytes.charCodeAt(i) / 255).toFixed(1)} ${(138 - 134 * bytes.charCodeAt(i + 1) / 255).toFixed(1)}h0`;
        dots.setAttribute("d", d); dots.setAttribute("class", `dots c${run.colour}`);
        return cell;
      }));
    };
    select.addEventListener("change", show);
  }

  const links = new Map([...document.querySelectorAll("nav a")].map(a => [a.hash.slice(1), a]));
  const inView = new Set();
  const watch = new IntersectionObserver(entries => {
    for (const entry of entries) inView[entry.isIntersecting ? "add" : "delete"](entry.target.id);
    const first = [...links.keys()].find(id => inView.has(id));
    for (const [id, link] of links) id === first ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
  }, { rootMargin: "-60px 0px -55% 0px" });
  for (const section of document.querySelectorAll("main > section[id]")) watch.observe(section);

  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const details of folded) details.open = true;
  });
  addEventListener("afterprint", () => { for (const details of folded) details.open = false; });
})();
