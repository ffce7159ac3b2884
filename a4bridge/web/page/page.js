// The page: shows what the server tells over the websocket, and sends what is pressed. No text is ever taken for HTML.

const SILENT_MS = 6000; // the server says something every two seconds
const RETRY_MS = [250, 500, 1000, 2000, 4000];
const SAID_MS = 6000;
const KEYS = 61; // on the screen
const LOWEST = 36;
const BLACK = new Set([1, 3, 6, 8, 10]);
const LOG_LINES = 60;
const NAMES = { p50: "half", p99: "99 of 100", max: "slowest" };
const VERDICTS = { good: "good", warning: "look", bad: "wrong", unknown: "not known" };
const STATES = { absent: "not plugged in", settling: "just plugged in", open: "open", lost: "unplugged", cut: "cut: it sends back what is played" };

const facts = {};
const waiting = new Map(); // what was asked, by its number
let socket = null;
let failures = 0;
let silence = 0;
let retry = 0;
let refusal = ""; // why the server does not want us now
let asked = 0;
let lowest = LOWEST;

const at = (id) => document.getElementById(id);

function make(tag, text, attributes = {}) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function say(element, text) {
  if (element.textContent !== text) element.textContent = text; // who listens is told only what is new
}

const number = (value) => Number(value).toLocaleString("en");

// The connection.

function connect() {
  clearTimeout(retry);
  const opened = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live`);
  socket = opened;
  heard();
  opened.onopen = () => { failures = 0; refusal = ""; };
  opened.onmessage = (message) => {
    if (socket !== opened) return;
    heard();
    take(JSON.parse(message.data));
  };
  opened.onclose = () => lose(opened);
}

function heard() {
  clearTimeout(silence);
  silence = setTimeout(() => { if (socket) { const old = socket; lose(old); old.close(); } }, SILENT_MS);
}

function lose(lost) {
  if (socket !== lost) return;
  socket = null;
  clearTimeout(silence);
  for (const button of waiting.values()) button.removeAttribute("aria-busy");
  waiting.clear();
  showState();
  tryLater();
}

function tryLater() {
  const after = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)];
  failures += 1;
  clearTimeout(retry);
  retry = setTimeout(reconnect, after);
}

async function reconnect() {
  try {
    const session = await fetch("/session", { cache: "no-store" });
    if (session.status === 401) { location.replace("/pair"); return; }
    refusal = session.status === 503 ? (await session.text()).trim() : "";
  } catch { refusal = ""; /* nobody is there yet */ }
  if (refusal) { showState(); tryLater(); return; }
  connect();
}

function soon() {
  if (!socket && document.visibilityState === "visible") { failures = 0; clearTimeout(retry); reconnect(); }
}
document.addEventListener("visibilitychange", soon);
window.addEventListener("online", soon);

function ask(request, button) {
  if (!socket || socket.readyState !== WebSocket.OPEN) { tell("There is no connection to the bridge's machine.", false); return; }
  asked += 1;
  waiting.set(asked, button);
  button.setAttribute("aria-busy", "true");
  socket.send(JSON.stringify({ id: asked, ...request }));
}

let saidUntil = 0;
function tell(text, good) {
  const said = at("said");
  said.textContent = "";
  said.classList.toggle("bad", !good);
  said.textContent = text;
  clearTimeout(saidUntil);
  saidUntil = setTimeout(() => { said.textContent = ""; }, SAID_MS);
}

// What is told.

function take(message) {
  if (message.facts) {
    Object.assign(facts, message.facts);
    show(new Set(Object.keys(message.facts)));
  }
  if (message.log) showLog(message.log);
  if (message.struck) strike(message.struck);
  for (const answer of message.answers ?? []) {
    const button = waiting.get(answer.id);
    waiting.delete(answer.id);
    button?.removeAttribute("aria-busy");
    if (button !== at("examine") || !answer.ok) tell(answer.says, answer.ok);
  }
}

function show(changed) {
  const any = (...names) => names.some((name) => changed.has(name));
  if (any("bridge", "linked")) showState();
  if (any("inputs", "output", "box", "profile", "waiting", "trouble")) showLinks();
  if (any("sounding")) showSounding();
  if (any("profiles", "profile")) showProfiles();
  if (any("profile")) showTracks();
  if (any("forwarded", "dropped")) showPlayed();
  if (any("took_us", "late_us", "real_time")) showLatency();
  if (any("doctor", "examining")) showDoctor();
}

function showState() {
  const state = at("state");
  const here = socket !== null && facts.bridge?.here === true;
  const word = socket === null ? "no connection" : !facts.bridge ? "connecting" : !here ? "no bridge" : facts.linked ? "linked" : "waiting";
  say(state, word);
  state.dataset.state = word === "linked" ? "good" : here || word === "connecting" ? "waiting" : "bad";
  at("main").classList.toggle("stale", !here);
  let alarm = "";
  if (socket === null && failures > 0) alarm = refusal || "The connection is lost. Trying again.";
  else if (facts.bridge && !facts.bridge.here) alarm = sentence(facts.bridge.says);
  say(at("alarm"), alarm);
}

function sentence(text) {
  return text ? `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}` : "";
}

const short = (name) => name.split(":")[0].trim() || name;

function showLinks() {
  const rows = [];
  for (const input of facts.inputs ?? []) rows.push(lamp(short(input.name), input.state, "input"));
  if (facts.output) {
    const row = lamp(short(facts.output.name), facts.output.state, "output");
    if (facts.profile?.destination) row.append(make("span", facts.profile.destination, { class: "to" }));
    rows.push(row);
  }
  at("links").replaceChildren(...rows);
  const notes = [...(facts.waiting ?? [])].map(sentence);
  if (facts.trouble) notes.push(sentence(facts.trouble.says));
  at("waiting").replaceChildren(...notes.map((note) => make("li", note)));
}

function lamp(name, state, direction) {
  const row = make("li", undefined, { class: "lamp", "data-state": state });
  row.append(make("b", name), make("small", `${direction}, ${STATES[state] ?? state}`));
  return row;
}

// What sounds.

const SVG = "http://www.w3.org/2000/svg";

function drawKeys() {
  const picture = document.createElementNS(SVG, "svg");
  const whites = [];
  const blacks = [];
  let x = 0;
  for (let note = lowest; note < lowest + KEYS; note += 1) {
    const black = BLACK.has(note % 12);
    const key = document.createElementNS(SVG, "rect");
    const [left, width, height] = black ? [x - 3.1, 6.2, 40] : [x, 10, 64];
    for (const [name, value] of Object.entries({ x: left, y: -3, width, height, rx: 2.2, id: `key-${note}`, class: black ? "black" : "white" })) key.setAttribute(name, value);
    (black ? blacks : whites).push(key);
    if (!black) x += 10;
  }
  picture.setAttribute("viewBox", `0 0 ${x} 61`);
  picture.setAttribute("preserveAspectRatio", "none");
  picture.append(...whites, ...blacks);
  at("keys").replaceChildren(picture);
}

function showSounding() {
  const sounding = facts.sounding ?? [];
  const notes = sounding.map((each) => each.note);
  reach(notes);
  for (const key of document.querySelectorAll(".keys .down")) key.classList.remove("down");
  for (const note of notes) at(`key-${note}`)?.classList.add("down");
  const channels = new Map();
  for (const each of sounding) channels.set(each.channel, [...(channels.get(each.channel) ?? []), each.name]);
  const words = [...channels].map(([channel, names]) => `${names.join(" ")} on channel ${channel}`).join(", ");
  const shown = at("sounding");
  say(shown, words || "nothing");
  shown.classList.toggle("none", !words);
}

function reach(notes) {
  if (!notes.length) return;
  const low = Math.min(...notes);
  const high = Math.max(...notes);
  let from = lowest;
  if (high >= from + KEYS) from = Math.min(127 - KEYS + 1, 12 * Math.ceil((high - KEYS + 1) / 12));
  if (low < from) from = 12 * Math.floor(low / 12);
  if (from !== lowest) { lowest = from; drawKeys(); }
}

function strike(struck) {
  for (const [, note] of struck) {
    const key = at(`key-${note}`);
    if (!key) continue;
    key.classList.remove("struck");
    key.getBoundingClientRect(); // begins the animation anew
    key.classList.add("struck");
  }
}

// What can be chosen. Buttons stay what they are while somebody is on one of them.

function choices(place, wanted) {
  const old = new Map([...place.children].map((button) => [button.dataset.choice, button]));
  const buttons = wanted.map(({ choice, label, note, pressed, broken, press }) => {
    const id = `${place.id}-${encodeURIComponent(choice)}`; // an id with a blank would name two
    const button = old.get(choice) ?? make("button", undefined, { type: "button", "data-choice": choice });
    if (!button.firstChild) {
      button.append(make("span", label, { id }));
      button.setAttribute("aria-labelledby", id);
      button.addEventListener("click", () => press(button));
    }
    let small = button.querySelector("small");
    if (note && !small) {
      small = make("small", "", { id: `${id}-note` });
      button.append(small);
      button.setAttribute("aria-describedby", small.id);
    }
    if (small) say(small, note ?? "");
    button.setAttribute("aria-pressed", String(pressed));
    button.classList.toggle("broken", Boolean(broken));
    return button;
  });
  const same = buttons.length === place.children.length && buttons.every((button, index) => place.children[index] === button);
  if (!same) place.replaceChildren(...buttons);
}

function showProfiles() {
  const now = facts.profile?.name;
  const known = [...(facts.profiles ?? [])];
  const whence = facts.profile?.sent ? "sent by a program" : "a file that was named when the bridge began";
  if (now && !known.some((profile) => profile.name === now)) known.unshift({ name: now, description: whence, error: "" });
  choices(at("profiles"), known.map(({ name, description, error }) => ({
    choice: name,
    label: name,
    note: error || description,
    broken: error,
    pressed: name === now,
    press: (button) => ask({ do: "use", profile: name }, button),
  })));
}

function showTracks() {
  const tracks = facts.profile?.tracks ?? [];
  const now = facts.profile?.track;
  choices(at("tracks"), tracks.map((track) => ({
    choice: track,
    label: track,
    pressed: track === now,
    press: (button) => ask({ do: "track", track }, button),
  })));
  let note = "";
  if (facts.profile && !tracks.length) note = `${facts.profile.name} says itself where each note goes.`;
  else if (facts.profile && !now) note = `As ${facts.profile.name} has it${facts.profile.destination ? `: ${facts.profile.destination}` : ""}.`;
  say(at("tracks-note"), note);
}

// Counts.

function showPlayed() {
  say(at("forwarded"), number(facts.forwarded ?? 0));
  const dropped = facts.dropped ?? [];
  at("dropped").replaceChildren(...dropped.map(({ says, count }) => {
    const row = make("li");
    row.append(make("b", number(count)), make("span", says));
    return row;
  }));
  at("nothing-dropped").hidden = dropped.length > 0 || facts.dropped === null;
}

function showLatency() {
  const took = facts.took_us;
  const measured = took && took.max > 0;
  at("latency").replaceChildren(...Object.entries(NAMES).map(([key, name]) => {
    const row = make("div");
    const figure = make("dd", measured ? figureOf(took[key]) : "\u2013");
    if (measured) figure.append(make("small", unitOf(took[key])));
    row.append(make("dt", name), figure);
    return row;
  }));
  let words = "nothing was played yet";
  if (measured) {
    words = `What an event takes in the bridge. The slowest came ${figureOf(facts.late_us?.max ?? 0)} ${unitOf(facts.late_us?.max ?? 0)} late.`;
    if (facts.real_time?.fifo) words += " Without real time.";
  }
  say(at("latency-words"), words);
}

const figureOf = (us) => (us >= 1000 ? (us / 1000).toFixed(us >= 10000 ? 0 : 1) : us.toFixed(us >= 100 ? 0 : 1));
const unitOf = (us) => (us >= 1000 ? "ms" : "\u00b5s");

// The doctor.

function moment(when) {
  const today = when.toDateString() === new Date().toDateString();
  return `${when.toLocaleTimeString("en-GB")}${today ? "" : ` on ${when.toLocaleDateString("en-GB")}`}`;
}

function showDoctor() {
  const { doctor, examining } = facts;
  const verdict = at("verdict");
  say(verdict, examining && !doctor ? "examining" : doctor ? sentence(doctor.says) : "not examined yet");
  verdict.dataset.verdict = doctor?.verdict ?? "unknown";
  say(at("examined"), doctor ? `Examined at ${moment(new Date(doctor.at * 1000))}.` : "");
  const stations = doctor?.stations ?? [];
  at("stations").replaceChildren(...stations.map((station) => {
    const row = make("li", undefined, { "data-verdict": station.verdict });
    const what = make("span", station.name);
    for (const more of [station.evidence, station.remedy]) if (more) what.append(make("small", more));
    row.append(make("b", VERDICTS[station.verdict] ?? station.verdict), what);
    return row;
  }));
  const checks = doctor?.checklist ?? [];
  at("checklist").hidden = checks.length === 0;
  at("checks").replaceChildren(...checks.map((check) => {
    const row = make("li", `${check.menu} > ${check.item}: ${check.set}`);
    if (check.why) row.append(make("small", check.why));
    return row;
  }));
  say(at("examine"), examining ? "Examining" : "Examine again");
  at("examine").setAttribute("aria-disabled", String(Boolean(examining)));
}

// The log.

function showLog(lines) {
  const log = at("log");
  const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
  for (const line of lines) {
    const row = make("li");
    const when = new Date(line.at * 1000);
    row.append(
      make("time", when.toLocaleTimeString("en-GB"), { datetime: when.toISOString() }),
      make("span", line.level === "info" || line.level === "debug" ? line.says : `${line.level}: ${line.says}`, { class: line.level }),
    );
    log.append(row);
  }
  while (log.children.length > LOG_LINES) log.firstChild.remove();
  if (atEnd) log.scrollTop = log.scrollHeight;
}

at("panic").addEventListener("click", () => ask({ do: "panic" }, at("panic")));
at("examine").addEventListener("click", () => {
  if (at("examine").getAttribute("aria-disabled") !== "true") ask({ do: "examine" }, at("examine"));
});
drawKeys();
showLatency();
connect();
