// Draws methods as cards, under the titles of their families. A card is made once and stays as long
// as it is found, so that what is unfolded or has the focus remains so when a method was added.
const views = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  const place = parentElement.querySelector(".families");
  if (!views.has(place)) views.set(place, { cards: new Map(), shown: "", add: null });
  const view = views.get(place);
  view.add = (name) => setTriggerValue("add", name);
  for (const { cards } of data) {
    for (const card of cards) {
      if (!view.cards.has(card.name)) view.cards.set(card.name, new Card(card, view));
      view.cards.get(card.name).update(card);
    }
  }
  const shown = JSON.stringify(data.map(({ title, cards }) => [title, cards.map(({ name }) => name)]));
  if (shown !== view.shown) place.replaceChildren(...data.flatMap((family) => familyOf(family, view)));
  view.shown = shown;
}

function familyOf({ title, cards }, view) {
  const all = made("div", "cards");
  all.append(...cards.map(({ name }) => view.cards.get(name).element));
  return [made("h3", "", title), all];
}

class Card {
  constructor(card, view) {
    this.time = made("p", "time");
    this.button = made("button", "add");
    this.button.type = "button";
    this.button.dataset.add = card.name;
    this.button.addEventListener("click", () => view.add(card.name));
    this.element = made("article", "card");
    this.element.append(
      made("h4", "", card.title),
      made("p", "", card.does),
      ...told("Use it if:", card.choose),
      ...told("Limits:", card.limits),
      barsOf(card.bars),
      this.time,
      sourceOf(card),
      this.button,
    );
  }

  update(card) {
    this.time.textContent = card.time && `On these images ${card.time}`;
    this.button.textContent = card.chosen ? "Add again" : "Add";
    this.button.ariaLabel = `${this.button.textContent}: ${card.title}`;
    this.button.classList.toggle("chosen", card.chosen);
  }
}

function made(tag, look, text = "") {
  const element = document.createElement(tag);
  if (look) element.className = look;
  element.textContent = text;
  return element;
}

function told(begin, text) {
  if (!text) return [];
  const paragraph = made("p", "");
  paragraph.append(made("strong", "", begin), ` ${text}`);
  return [paragraph];
}

function barsOf(bars) {
  const all = made("div", "bars");
  for (const { name, part, value } of bars) {
    const bar = made("div", "bar"), length = made("i", "");
    length.style.setProperty("--part", `${100 * part}%`);
    bar.append(made("span", "", name), length, made("b", "", value));
    all.append(bar);
  }
  return all;
}

function sourceOf({ cost, reference }) {
  const source = made("details", "");
  source.append(made("summary", "", "Cost and source"));
  for (const text of [cost, reference]) if (text) source.append(made("p", "", text));
  return source;
}
