// Script of the public pages: updates titles when they become audible and listener counts, and runs the player, which
// plays on while the visitor goes from one page to another.

const LABELS = { silence: "Off air", live: "Live" };
// The first attempt to reconnect is made at once: Chromium stops where the sampling rate or the channels change, and a
// new connection plays on. Then delays double from 0.25 s to this.
const RETRY_MAX_S = 15;
// Attempts that fail before the page says so, and the playback after which one has not failed.
const QUIET_TRIES = 4;
const STABLE_S = 2;
// Times without sound after which it says so and reconnects, in milliseconds.
const LATE_MS = 1500;
const STALL_MS = 12000;
// The longest delay between attempts to read events, and the time after which the page says that it is not connected.
const EVENTS_RETRY_MAX_S = 30;
const OFFLINE_MS = 2500;
// How long the page says that another page could not be loaded, in milliseconds.
const NOTICE_MS = 8000;
// The texts of a player that works. In silence they would look as if something were on.
const TRANSIENT = ["Connecting…", "Buffering…", "Playing live"];
// What the server answers if it refuses a stream, and what the page says.
const REFUSALS = [
  [/^max listeners reached|connection limit reached/, "The station is full. Waiting for a place…"],
  [/^nothing is on the air/, "Waiting for the station…"],
];
const api = `${location.origin}/api/v1`;

// Offset of this clock from the server's, in milliseconds. Below 3 s it is probably the transfer time of the page.
const offset = Date.now() - Date.parse(document.body.dataset.now);
const clockOffset = Math.abs(offset) < 3000 ? 0 : offset;
const toLocal = (time) => Date.parse(time) + clockOffset;
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

// Storage may be disabled, and a media key unsupported.
function attempt(action) {
  try {
    return action();
  } catch {
    return null;
  }
}

function create(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

const load = (key) => attempt(() => localStorage.getItem(key));
const save = (key, value) => attempt(() => localStorage.setItem(key, value));

class Station {
  constructor(root) {
    this.root = root;
    this.id = root.dataset.station;
    this.name = root.dataset.name;
    this.played = null; // titles, the latest first; null until the first event
    this.delay = 0; // milliseconds from the live edge to the listener
    this.kind = null;
    this.by = null;
    this.rungs = [...root.querySelectorAll("[data-rung]")]; // links to the renditions, the best first
    root.querySelectorAll("time").forEach((time) => setText(time, clock.format(Date.parse(time.dateTime))));
  }

  close() {
    clearTimeout(this.timer);
    clearTimeout(this.detailsTimer);
  }

  part(name) {
    return this.root.querySelector(`[data-part=${name}]`);
  }

  // Handles a 'station' event: the server sends one first, and when the input or the description changes.
  update(data) {
    this.name = data.name;
    this.artwork = data.artwork_url;
    this.next = data.next[0];
    const heading = this.root.matches("main") && this.root.querySelector("h1");
    if (heading) setText(heading.querySelector("a") ?? heading, (heading.title = data.name));
    [this.kind, this.by] = [data.on_air.kind, data.on_air.name];
    const before = data.history.map((it) => ({ ...it, text: it.title, at: it.on_air_at, audible: -Infinity }));
    const now = data.title;
    if (now) {
      this.delay = Date.parse(now.audible_at) - Date.parse(now.on_air_at);
      before.unshift({ ...now, at: now.on_air_at, audible: toLocal(now.audible_at) });
    } else if (data.on_air.since) {
      // An input without a title. The first of the earlier titles belongs to another one.
      const at = data.on_air.since;
      before.unshift({ text: "", at, audible: toLocal(at) + this.delay });
    }
    this.played = before;
    this.setListeners(data.listeners.with_renditions, data.listeners.now, data.renditions);
    const isGone = (id) => id !== this.id && !data.renditions.some((it) => it.available && String(it.id) === id);
    const changed = this.rungs.filter((it) => it.hidden !== (it.hidden = isGone(it.dataset.rung)));
    if (changed.length) this.player?.onRungs(changed);
    this.show();
    this.player?.show();
    if (now && this.key === now.text + now.on_air_at) this.showCover();
  }

  // Handles a 'title' event. The title went on the air just now; a listener hears it one burst later.
  addTitle(data) {
    if (!this.played) return;
    const audible = Date.now() + Date.parse(data.audible_at) - Date.parse(data.on_air_at);
    const latest = this.played[0];
    const text = data.title ?? "";
    if (latest && latest.text === text && latest.at === data.on_air_at) return;
    this.played.unshift({ ...data, text, at: data.on_air_at, audible });
    this.played.length = Math.min(this.played.length, 12);
    this.show();
  }

  setListeners(sum, own, renditions) {
    setText(this.part("listeners"), String(sum));
    for (const { id, listeners } of [{ id: this.id, listeners: own }, ...renditions]) {
      const count = this.root.querySelector(`[data-rung="${id}"] b`);
      setText(count, String(listeners));
      if (count) count.parentElement.hidden = !listeners;
    }
  }

  // Shows the title that is audible now, and sets a timer for the next one.
  show() {
    clearTimeout(this.timer);
    const index = this.played.findIndex((it) => it.audible <= Date.now());
    // Without an earlier title, show the first one at once.
    const first = index < 0 ? this.played.length - 1 : index;
    const audible = this.played.slice(Math.max(first, 0));
    const next = this.played[first - 1];
    if (next) this.timer = setTimeout(() => this.show(), Math.min(next.audible - Date.now(), 60000));
    const isSilent = this.kind === "silence";
    const current = !isSilent && audible[0]?.text ? audible[0] : null;
    const kind = this.part("kind");
    if (kind) kind.dataset.kind = this.kind;
    setText(kind, this.kind === "live" && this.by ? `Live: ${this.by}` : LABELS[this.kind] || "On air");
    const silent = this.root.matches(".embed, .bar") ? LABELS.silence : "Nothing is on the air right now";
    const unknown = isSilent ? silent : "Unknown title";
    setText(this.part("song"), current ? current.song || current.text : unknown);
    setText(this.part("artist"), (current?.song && current.artist) || "");
    setText(this.part("album"), current?.album || "");
    // A title that is on the air but not yet audible comes next.
    const upcoming = next?.text ?? this.next;
    setText(this.part("next"), upcoming && !isSilent ? `Next: ${upcoming}` : "");
    this.showHistory(audible.filter((it) => it !== current && it.text).slice(0, 10));
    const key = current ? current.text + current.at : "";
    if (key !== this.key) {
      const isFirst = this.key === undefined;
      this.key = key;
      this.current = current;
      this.player?.announce(isFirst);
      this.showCover();
      if (!isFirst) this.fetchDetails();
    }
  }

  showHistory(before) {
    const list = this.part("history");
    const key = JSON.stringify(before.map((it) => [it.text, it.at]));
    if (!list || key === this.historyKey) return;
    this.historyKey = key;
    list.replaceChildren(...before.map((it) => {
      const time = create("time", { dateTime: it.at }, clock.format(Date.parse(it.at)));
      return create("li", {}, time, " ", create("span", {}, it.text));
    }));
    list.parentElement.hidden = !before.length;
  }

  // Requests cover and album of a new title, after a random delay so that not all pages send it at once.
  fetchDetails() {
    clearTimeout(this.detailsTimer);
    this.detailsTimer = setTimeout(async () => {
      const data = await fetchJson(`/stations/${this.id}`);
      if (!data) return;
      const current = this.played.find((it) => data.title && it.text === data.title.text);
      if (current) current.album = data.title.album;
      this.artwork = data.artwork_url;
      this.next = data.next[0];
      this.show();
      this.showCover();
    }, Math.random() * 1500);
  }

  showCover() {
    const cover = this.part("cover");
    const artwork = this.artwork && new URL(this.artwork);
    // The URL changes with the picture.
    const url = artwork ? artwork.pathname + artwork.search : this.root.dataset.standIn;
    if ((this.coverUrl ?? cover.getAttribute("src")) === url) return;
    this.coverUrl = url;
    cover.onerror = () => {
      cover.onerror = null;
      cover.src = this.root.dataset.standIn;
    };
    cover.src = url;
    this.player?.updateMediaSession();
  }
}

// Plays one station at a time. It outlives the page on which it was started.
class Player {
  constructor(audio) {
    this.audio = audio;
    this.isPlaying = false;
    this.text = "";
    this.tries = 0;
    audio.controls = false;
    audio.hidden = true;
    this.disconnect();
    this.bar = this.createBar();
    document.body.append(audio);
    this.restoreVolume();
    this.addListeners();
    this.addMediaKeys();
  }

  // The line at the lower edge of pages that are not about the station that plays.
  createBar() {
    const part = (name, data, ...children) => {
      const element = create(name, {}, ...children);
      element.dataset.part = data;
      return element;
    };
    this.barButton = create("button", { type: "button", className: "play" });
    this.barButton.onclick = () => (this.isPlaying ? this.stop() : this.play());
    this.barLink = create("a", { className: "name" });
    const cover = Object.assign(part("img", "cover"), { className: "cover", alt: "", width: 48, height: 48 });
    this.barState = create("p", { className: "state quiet" });
    const now = create("div", {}, this.barLink, part("p", "song"), this.barState);
    const spoken = Object.assign(part("p", "spoken"), { className: "unseen" });
    spoken.setAttribute("role", "status");
    const bar = create("aside", { className: "bar" }, cover, now, this.barButton, spoken);
    bar.setAttribute("aria-label", "Player");
    return bar;
  }

  // Takes over the controls of a page; `own` is its only station, if there is one.
  attach(own) {
    this.own = own;
    const root = own?.root.querySelector(".player");
    this.controls = root && {
      button: root.querySelector("button"),
      state: root.querySelector(".state"),
      volume: root.querySelector("input"),
    };
    if (root) {
      root.querySelector("audio")?.remove();
      root.querySelector(".controls").hidden = false;
      this.controls.button.onclick = () => (this.isPlaying && this.station === own ? this.stop() : this.play(own));
      this.showVolume();
      this.addRungs(own.rungs);
    }
    if (own && (!this.isPlaying || own.id === this.station.id)) this.adopt(own);
    else if (this.station && this.station.root !== this.bar) this.moveToBar();
    this.show();
  }

  // Plays on as the station of the page.
  adopt(own) {
    const stream = this.rung?.dataset.stream;
    if (this.station && this.station !== own) {
      this.station.player = null;
      this.station.close();
    }
    this.station = own;
    own.player = this;
    [this.rungs, this.chosen] = [this.choices, this.choice];
    const played = this.isPlaying && this.rungs.find((it) => it.dataset.stream === stream);
    if (played) this.chosen = played;
    this.pick();
  }

  // Plays on while the page is about something else.
  moveToBar() {
    const { id, name, root, played, kind, by, artwork, next } = this.station;
    this.station.player = null;
    this.bar.querySelector("img").src = this.station.part("cover").src;
    setText(this.bar.querySelector("[data-part=song]"), this.station.part("song").textContent);
    Object.assign(this.bar.dataset, { ...root.dataset });
    this.barLink.href = root.dataset.page;
    setText(this.barLink, name);
    const station = new Station(this.bar);
    Object.assign(station, { id, played, kind, by, artwork, next, player: this });
    this.station = station;
    if (played) station.show();
    station.showCover();
  }

  addListeners() {
    const on = (event, handler) => this.audio.addEventListener(event, () => this.isPlaying && handler());
    on("playing", () => {
      clearTimeout(this.timer);
      this.setState("Playing live");
    });
    on("timeupdate", () => this.audio.currentTime > STABLE_S && (this.tries = 0));
    on("waiting", () => this.expectSound());
    on("stalled", () => this.audio.readyState < 3 && this.expectSound());
    on("error", () => this.reconnect());
    on("ended", () => this.reconnect());
    // Paused by a headset or the system. Stop, because the buffered audio would be old on resume.
    on("pause", () => this.audio.error || this.audio.ended || this.stop());
    addEventListener("online", () => this.isPlaying && this.audio.readyState < 3 && this.connect());
  }

  play(station = this.station) {
    if (!station) return;
    if (this.station !== station) this.adopt(station);
    this.isPlaying = true;
    this.tries = 0;
    this.pick();
    this.setState("Connecting…");
    this.connect();
    // Titles for the lock screen.
    feed.update();
  }

  // Opens a new connection to the stream, so that playback starts at the live edge.
  connect() {
    this.pick();
    this.audio.src = this.rung.dataset.stream;
    this.expectSound();
    this.audio.play().catch((error) => {
      if (error.name !== "NotAllowedError") return;
      this.stop();
      this.setState("Press Play again to start");
    });
  }

  stop() {
    this.isPlaying = false;
    clearTimeout(this.timer);
    this.disconnect();
    this.setState("");
    feed.update();
  }

  // Closes the connection and discards the buffered audio.
  disconnect() {
    this.audio.removeAttribute("src");
    this.audio.load();
  }

  setTimer(handler, delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(handler, delay);
  }

  expectSound() {
    this.late ??= setTimeout(() => this.tries < QUIET_TRIES && this.setState("Buffering…"), LATE_MS);
    this.setTimer(() => this.reconnect(), STALL_MS);
  }

  reconnect() {
    const delay = this.tries && Math.min(2 ** (this.tries - 3), RETRY_MAX_S);
    this.tries += 1;
    if (this.tries > 1) this.explain(this.tries);
    if (!delay) return this.connect();
    this.disconnect();
    // Not all pages reconnect at the same moment.
    this.setTimer(() => this.connect(), delay * (750 + Math.random() * 500));
  }

  // Says why the stream does not play. A script does not see the answer that the player got, so it asks again.
  async explain(tries) {
    if (tries > 7) this.refusal ?? this.setState("The station cannot be reached. Still trying…");
    else if (tries >= QUIET_TRIES) this.refusal ?? this.setState("The connection was lost. Reconnecting…");
    const refusal = await fetchRefusal(this.rung.dataset.stream);
    // It may play again by now.
    if (!this.isPlaying || this.tries < tries || this.audio.readyState > 2) return;
    this.refusal = refusal;
    if (refusal) this.setState(refusal);
  }

  setState(text) {
    clearTimeout(this.late);
    this.late = null;
    if (text === "Playing live" || !text) this.refusal = null;
    this.text = text;
    this.show();
  }

  show() {
    const { own, controls, station, isPlaying } = this;
    const isSilent = station?.kind === "silence" && TRANSIENT.includes(this.text);
    const text = isSilent ? "Waiting for the station…" : this.text;
    const isOwn = station === own;
    if (controls) {
      controls.button.classList.toggle("on", isPlaying && isOwn);
      setText(controls.button, isPlaying && isOwn ? "Stop" : "Play");
      setText(controls.state, isOwn ? text : "");
    }
    const hasBar = Boolean(station) && !isOwn;
    if (!hasBar) this.bar.remove();
    else if (!this.bar.isConnected) document.body.append(this.bar);
    document.body.classList.toggle("with-bar", hasBar);
    this.barButton.classList.toggle("on", isPlaying);
    setText(this.barButton, isPlaying ? "Stop" : "Play");
    setText(this.barState, text === "Playing live" ? "" : text);
    if (navigator.mediaSession) navigator.mediaSession.playbackState = isPlaying ? "playing" : "paused";
    this.updateMediaSession();
  }

  // iPhones and iPads ignore the volume of a page: it has no effect there.
  restoreVolume() {
    this.audio.volume = 0.5;
    this.hasVolume = this.audio.volume === 0.5;
    this.audio.volume = (load("coldwave-volume") ?? 100) / 100;
  }

  showVolume() {
    const { volume } = this.controls;
    if (!volume) return;
    volume.closest("label").hidden = !this.hasVolume;
    volume.value = load("coldwave-volume") ?? 100;
    volume.oninput = () => {
      this.audio.volume = volume.value / 100;
      save("coldwave-volume", volume.value);
    };
  }

  // Lets the listener choose a rendition. The links lead to a page with the same choice, for browsers without scripts.
  addRungs(links) {
    const key = `coldwave-rendition-${this.own.id}`;
    this.choices = links.length ? links : [this.own.root];
    // The page of a rendition is about that one. Others begin with the last choice.
    const asked = links.findIndex((it) => it.matches("[aria-current]"));
    const last = links.findIndex((it) => it.dataset.rung === load(key));
    this.choice = this.choices[Math.max(asked > 0 ? asked : last, 0)];
    for (const link of links) {
      link.onclick = (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        save(key, link.dataset.rung);
        setAddress(link.href);
        this.choice = link;
        if (this.station !== this.own) return;
        this.chosen = link;
        this.switchRung();
      };
    }
  }

  onRungs(changed) {
    if (changed.some((it) => it === this.rung || it === this.chosen)) this.switchRung();
  }

  // Finds the rendition to play: the chosen one, or the next lower one if that is not available or fails four times.
  pick() {
    const at = this.rungs.indexOf(this.chosen);
    const order = [...this.rungs.slice(at), ...this.rungs.slice(0, at).reverse()].filter((it) => !it.hidden);
    const rung = order[(this.tries >> 2) % order.length] ?? this.chosen;
    const isOther = rung.dataset.stream !== this.rung?.dataset.stream;
    this.rung = rung;
    this.station.rungs.forEach((it) => it.setAttribute("aria-current", it === rung));
    return isOther;
  }

  switchRung() {
    this.tries = 0;
    if (this.pick() && this.isPlaying) this.connect();
  }

  // Handles media keys of keyboards and headsets, and the lock screen of phones.
  addMediaKeys() {
    const session = navigator.mediaSession;
    if (!session) return;
    const handlers = { play: () => this.play(), pause: () => this.stop(), stop: () => this.stop() };
    for (const [action, handler] of Object.entries(handlers)) attempt(() => session.setActionHandler(action, handler));
    // A live stream has no end, and no position to go to.
    attempt(() => session.setPositionState({ duration: Infinity }));
  }

  announce(isFirst) {
    this.updateMediaSession();
    const { current } = this.station;
    if (this.isPlaying && !isFirst && current) setText(this.station.part("spoken"), `Now playing: ${current.text}`);
  }

  // Lock screens do not show SVG, which the generated picture on the page is.
  artwork() {
    const { root } = this.station;
    const { src } = this.station.part("cover");
    const isGenerated = new URL(src).pathname === new URL(root.dataset.standIn, src).pathname;
    if (!isGenerated) return { src };
    const picture = new URL(root.dataset.picture, src);
    const isOurs = picture.pathname.endsWith(".png");
    return isOurs ? { src: picture.href, sizes: "640x640", type: "image/png" } : { src: picture.href };
  }

  updateMediaSession() {
    const { station } = this;
    const current = station?.current;
    const title = this.own?.name ?? pageTitle;
    document.title = this.isPlaying && current ? `${current.text} · ${station.name}` : title;
    if (!navigator.mediaSession || !window.MediaMetadata || !this.isPlaying) return;
    navigator.mediaSession.metadata = new MediaMetadata({
      title: current?.song || current?.text || station.name,
      artist: (current?.song && current.artist) || station.name,
      album: current?.album || station.name,
      artwork: [this.artwork()],
    });
  }
}

async function fetchJson(path) {
  const response = await fetch(api + path).catch(() => null);
  return response?.ok ? response.json().catch(() => null) : null;
}

// Returns what to say if the server refuses a stream for a known reason, else null.
async function fetchRefusal(stream) {
  // A stream that is not refused would be sent without end.
  const head = await fetch(stream, { method: "HEAD", cache: "no-store" }).catch(() => null);
  if (!head || head.ok) return null;
  const stopped = new AbortController();
  const response = await fetch(stream, { cache: "no-store", signal: stopped.signal }).catch(() => null);
  const text = response && !response.ok ? await response.text().catch(() => "") : "";
  stopped.abort();
  return REFUSALS.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}

// Reads the events of the stations on the page. A browser gives up after an answer such as 502, and opens six
// connections to a server at most, for all of its tabs: so this reconnects by itself, and not while the page is hidden.
class Feed {
  constructor() {
    this.tries = 0;
    this.banner = create("p", { className: "offline" });
    this.banner.setAttribute("role", "status");
    document.body.prepend(this.banner);
    document.addEventListener("visibilitychange", () => this.update());
    addEventListener("pageshow", (event) => event.persisted && this.update());
    addEventListener("online", () => this.update(true));
  }

  stations() {
    const { station } = player;
    return station && !shown.includes(station) ? [...shown, station] : shown;
  }

  // Opens or closes the connection as the page needs it now.
  update(again = false) {
    const ids = new Set(this.stations().map((it) => it.id));
    const isNeeded = ids.size > 0 && (document.visibilityState !== "hidden" || player.isPlaying);
    const [only] = ids.size === 1 ? ids : [];
    const path = isNeeded ? `/events${only ? `?sid=${only}` : ""}` : null;
    if (path === this.path && !again) return;
    this.path = path;
    this.tries = 0;
    this.open();
  }

  open() {
    clearTimeout(this.timer);
    this.events?.close();
    this.events = null;
    if (!this.path) return this.setOnline(true);
    const events = new EventSource(api + this.path);
    this.events = events;
    events.onopen = () => {
      this.tries = 0;
      this.setOnline(true);
    };
    events.onerror = () => this.retry();
    const on = (name, handler) =>
      events.addEventListener(name, (event) => {
        const data = JSON.parse(event.data);
        this.stations().filter((it) => it.id === String(data.id ?? data.station)).forEach((it) => handler(it, data));
      });
    on("station", (station, data) => station.update(data));
    on("title", (station, data) => station.addTitle(data));
    on("listeners", (station, data) => station.setListeners(data.with_renditions, data.listeners, data.renditions));
    on("removed", (station) => station !== player.station && station.root.remove());
  }

  async retry() {
    const { events, path } = this;
    events.close();
    const delay = Math.min(2 ** this.tries, EVENTS_RETRY_MAX_S);
    this.tries += 1;
    this.timer = setTimeout(() => this.open(), delay * (500 + Math.random() * 1000));
    this.late ??= setTimeout(() => this.setOnline(false), OFFLINE_MS);
    // The server may have no connection left for events, and still answer.
    const isUp = await this.fetchState();
    if (isUp && events === this.events && path === this.path) this.setOnline(true);
  }

  // Gets the state without events.
  async fetchState() {
    const stations = this.stations();
    const ids = new Set(stations.map((it) => it.id));
    const data = await fetchJson(ids.size === 1 ? `/stations/${[...ids][0]}` : "/stations");
    for (const it of data ? data.stations ?? [data] : [])
      stations.filter((station) => station.id === String(it.id)).forEach((station) => station.update(it));
    return data !== null;
  }

  setOnline(isOnline) {
    clearTimeout(this.late);
    this.late = isOnline ? null : -1;
    this.showBanner();
  }

  // Shows a notice for a few seconds; an empty one ends it.
  setNotice(text) {
    clearTimeout(this.noticeTimer);
    this.notice = text;
    if (text) this.noticeTimer = setTimeout(() => this.setNotice(""), NOTICE_MS);
    this.showBanner();
  }

  showBanner() {
    setText(this.banner, this.late === -1 ? "Not connected. Trying again…" : this.notice || "");
  }
}

// The stations that the page shows, and its title.
let shown = [];
let pageTitle = document.title;

function showPage() {
  shown.forEach((it) => it.close());
  shown = [...document.querySelectorAll("main[data-station], main [data-station]")].map((root) => new Station(root));
  player.attach(document.querySelector("main .player") ? shown[0] : null);
  feed.setNotice("");
  // New elements need a 'station' event, even if the same stations are on the page.
  feed.update(true);
}

let visits = 0;
// The address of the page, and its place in the history of the tab.
let address = location.href;
let place = history.state?.place ?? 0;

function setAddress(url) {
  address = url;
  attempt(() => history.replaceState({ place }, "", url));
}

// Keeps the page, because another one cannot be loaded.
function stay() {
  // The button of the browser has changed the address already.
  const steps = place - (history.state?.place ?? place);
  if (steps) history.go(steps);
  else if (location.href !== address) setAddress(address);
  feed.setNotice("The page cannot be loaded. Try again later.");
  feed.update(true);
}

// Replaces the page without stopping the player.
async function openPage(url) {
  visits += 1;
  const visit = visits;
  const response = await fetch(url, { headers: { Accept: "text/html" } }).catch(() => null);
  const text = response && response.status < 500 ? await response.text().catch(() => null) : null;
  if (visit !== visits) return;
  const next = text === null ? null : new DOMParser().parseFromString(text, "text/html");
  const main = next?.querySelector("main");
  if (!main && response?.ok && next) return location.assign(url);
  if (!main) return stay();
  if (url === location.href) place = history.state?.place ?? place;
  else history.pushState({ place: (place += 1) }, "", url);
  address = url;
  pageTitle = next.title;
  document.querySelector("main").replaceWith(document.adoptNode(main));
  showPage();
  scrollTo(0, 0);
  const heading = main.querySelector("h1");
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

const feed = new Feed();
const player = new Player(document.querySelector("main audio") ?? new Audio());
showPage();
setAddress(address);
addEventListener("popstate", () => {
  visits += 1;
  if (location.href !== address) openPage(location.href);
  else place = history.state?.place ?? place;
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  const isPlain = !event.defaultPrevented && !event.button && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (!link || !isPlain || !player.isPlaying || link.target || link.origin !== location.origin) return;
  if (!["/", "/index.html"].includes(link.pathname)) return;
  event.preventDefault();
  openPage(link.href);
});
