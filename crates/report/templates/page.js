// Search and filter. Without this script the page shows everything.
(() => {
  "use strict";
  const form = document.getElementById("filter");
  const [query, outcome, control, shown, filtered] = ["q", "outcome", "control", "shown", "filtered"].map((id) =>
    document.getElementById(id),
  );
  const items = [...document.querySelectorAll(".item")].map((element) => ({ element, text: "" }));
  const controls = (element) => element.dataset.control?.split(" ") ?? [];
  // Tables and groups of which nothing is left go away with their rows.
  const holders = [...document.querySelectorAll(".group, .wide")].filter((holder) => holder.querySelector(".item"));
  const apply = () => {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const item of items) {
      const { element } = item;
      if (words.length > 0) {
        item.text ||= element.textContent.toLowerCase();
      }
      const fits =
        (!outcome.value || element.dataset.outcome === outcome.value) &&
        (!control.value || controls(element).includes(control.value)) &&
        words.every((word) => item.text.includes(word));
      element.hidden = !fits;
      count += fits ? 1 : 0;
    }
    for (const holder of holders) {
      holder.hidden = !holder.querySelector(".item:not([hidden])");
    }
    shown.textContent = `${count} of ${items.length} shown`;
    // Paper has no filter to look at.
    filtered.textContent = `A filter is set: ${count} of the ${items.length} findings, gaps and declared things of this page are shown.`;
    filtered.hidden = count === items.length;
  };
  let waiting = 0;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(apply, 120);
  };
  form.addEventListener("input", soon);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  query.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      form.reset();
    }
  });
  // A link into what is folded or filtered away shows it.
  const reveal = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) {
      return;
    }
    const item = target.closest(".item");
    if (item?.hidden) {
      form.reset();
      apply();
    }
    const folded = target.closest("details");
    if (folded) {
      folded.open = true;
    }
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  form.hidden = false;
  document.documentElement.classList.add("filtering");
  apply();
  reveal();
})();
