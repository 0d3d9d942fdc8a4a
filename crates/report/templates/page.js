// Search and filter. Without this script the page shows everything.
(() => {
  "use strict";
  const form = document.getElementById("filter");
  const [query, outcome, control, shown, filtered] = ["q", "outcome", "control", "shown", "filtered"].map((id) =>
    document.getElementById(id),
  );
  // What many say stands once, and counts for each of them.
  const shared = (element) => [...(element.closest(".equal")?.children ?? [])].filter((child) => child.matches(".shared"));
  const text = (element) => [...shared(element), element].map((part) => part.textContent).join(" ").toLowerCase();
  const items = [...document.querySelectorAll(".item")].map((element) => ({ element, text: "" }));
  const equal = [...document.querySelectorAll("details.equal")];
  const controls = (element) => element.dataset.control?.split(" ") ?? [];
  // Tables and groups of which nothing is left go away with their rows.
  const holders = [...document.querySelectorAll(".group, .wide, .equal")].filter((holder) => holder.querySelector(".item"));
  // What the page leaves out cannot be found in it.
  const notAll = document.getElementById("left-out") ? " Findings that this page leaves out are not searched." : "";
  const apply = () => {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const item of items) {
      const { element } = item;
      if (words.length > 0) {
        item.text ||= text(element);
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
    // Which of many fit is seen without opening them.
    for (const many of equal) {
      const some = !many.hidden && many.querySelector(".item[hidden]");
      if (some && !many.open) {
        many.open = true;
        many.dataset.opened = "filter";
      } else if (!some && many.dataset.opened) {
        many.open = false;
        delete many.dataset.opened;
      }
    }
    shown.textContent = `${count} of ${items.length} shown`;
    // Paper has no filter to look at.
    filtered.textContent = `A filter is set: ${count} of the ${items.length} findings, gaps and declared things of this page are shown.${notAll}`;
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
    for (let folded = target.closest("details"); folded; folded = folded.parentElement.closest("details")) {
      folded.open = true;
    }
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  // Paper shows of which subjects many say the same, whatever the browser makes of the style for it.
  addEventListener("beforeprint", () => {
    for (const many of equal.filter((one) => !one.open)) {
      many.open = true;
      many.dataset.opened = "print";
    }
  });
  addEventListener("afterprint", () => {
    for (const many of equal.filter((one) => one.dataset.opened === "print")) {
      many.open = false;
      delete many.dataset.opened;
    }
  });
  form.hidden = false;
  document.documentElement.classList.add("filtering");
  apply();
  reveal();
})();
