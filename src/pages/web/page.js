// Script of the public pages: updates titles when they become audible and listener counts, and runs the player.

const LABELS = { silence: "Off air", live: "Live" };
// Delays before reconnecting to the stream, in seconds. The last one repeats.
const RETRY_DELAYS_S = [1, 2, 4, 8, 15];
// Time without playback after which the player reconnects, in milliseconds.
const STALL_TIMEOUT_MS = 12000;

// Offset of this clock from the server's, in milliseconds. Below 3 s it is probably the transfer time of the page.
const offset = Date.now() - Date.parse(document.body.dataset.now);
const clockOffset = Math.abs(offset) < 3000 ? 0 : offset;
const toLocal = (time) => Date.parse(time) + clockOffset;
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

// Storage may be disabled.
function load(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function save(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // As above.
  }
}

class Station {
  constructor(root) {
    this.root = root;
    this.id = root.dataset.station;
    this.name = root.dataset.name;
    this.played = null; // titles, the latest first; null until the first event
    this.kind = null;
    this.by = null;
    this.onTitle = () => {};
    this.rungs = [...root.querySelectorAll("[data-rung]")]; // links to the renditions, the best first
    root.querySelectorAll("time").forEach((time) => setText(time, clock.format(Date.parse(time.dateTime))));
  }

  part(name) {
    return this.root.querySelector(`[data-part=${name}]`);
  }

  // Handles a 'station' event: the server sends one first, and when the input or the description changes.
  update(data) {
    this.name = data.name;
    this.artwork = data.artwork_url;
    this.next = data.next[0];
    if (this.root.matches("main")) setText(this.root.querySelector("h1"), data.name);
    [this.kind, this.by] = [data.on_air.kind, data.on_air.name];
    const before = data.history.map((it) => ({ ...it, text: it.title, at: it.on_air_at, audible: -Infinity }));
    const now = data.title;
    if (now) before.unshift({ ...now, at: now.on_air_at, audible: toLocal(now.audible_at) });
    this.played = before;
    this.setListeners(data.listeners.with_renditions, data.listeners.now, data.renditions);
    const isGone = (id) => id !== this.id && !data.renditions.some((it) => it.available && String(it.id) === id);
    const changed = this.rungs.filter((it) => it.hidden !== (it.hidden = isGone(it.dataset.rung)));
    if (changed.length) this.onRungs?.(changed);
    this.show();
    if (now && this.key === now.text + now.on_air_at) this.showCover();
  }

  // Handles a 'title' event. The title went on the air just now; a listener hears it one burst later.
  addTitle(data) {
    if (!this.played) return;
    const audible = Date.now() + Date.parse(data.audible_at) - Date.parse(data.on_air_at);
    const latest = this.played[0];
    if (latest && latest.text === data.title && latest.at === data.on_air_at) return;
    this.played.unshift({ ...data, text: data.title || "", at: data.on_air_at, audible });
    this.played.length = Math.min(this.played.length, 12);
    this.show();
  }

  setListeners(sum, own, renditions) {
    setText(this.part("listeners"), String(sum));
    for (const { id, listeners } of [{ id: this.id, listeners: own }, ...renditions])
      setText(this.root.querySelector(`[data-rung="${id}"] b`), String(listeners));
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
    kind.dataset.kind = this.kind;
    setText(kind, this.kind === "live" && this.by ? `Live: ${this.by}` : LABELS[this.kind] || "On air");
    const unknown = isSilent ? "Nothing is on the air right now" : "Unknown title";
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
      this.onTitle(current, isFirst);
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
      const [line, time, title] = ["li", "time", "span"].map((name) => document.createElement(name));
      time.dateTime = it.at;
      time.textContent = clock.format(Date.parse(it.at));
      title.textContent = it.text;
      line.append(time, " ", title);
      return line;
    }));
    list.parentElement.hidden = !before.length;
  }

  // Requests cover and album of a new title, after a random delay so that not all pages send it at once.
  fetchDetails() {
    clearTimeout(this.detailsTimer);
    this.detailsTimer = setTimeout(async () => {
      const response = await fetch(`${location.origin}/api/v1/stations/${this.id}`).catch(() => null);
      if (!response?.ok) return;
      const data = await response.json();
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
    this.onCover?.();
  }
}

class Player {
  constructor(station) {
    this.station = station;
    this.root = station.root.querySelector(".player");
    this.audio = this.root.querySelector("audio");
    this.button = this.root.querySelector("button");
    this.state = this.root.querySelector(".state");
    this.isPlaying = false;
    this.tries = 0;
    this.audio.controls = false;
    this.audio.hidden = true;
    this.disconnect();
    this.root.querySelector(".controls").hidden = false;
    this.button.onclick = () => (this.isPlaying ? this.stop() : this.play());
    this.addListeners();
    this.restoreVolume(this.root.querySelector("input"));
    this.addRungs(station.rungs);
    this.addMediaKeys();
    station.onTitle = (current, isFirst) => this.announce(current, isFirst);
    station.onCover = () => this.updateMediaSession();
  }

  addListeners() {
    const on = (event, handler) => this.audio.addEventListener(event, () => this.isPlaying && handler());
    on("playing", () => {
      this.tries = 0;
      clearTimeout(this.timer);
      this.setState("Playing live");
    });
    on("waiting", () => this.onStall("Buffering…"));
    on("stalled", () => this.audio.readyState < 3 && this.onStall("Buffering…"));
    on("error", () => this.reconnect());
    on("ended", () => this.reconnect());
    // Paused by a headset or the system. Stop, because the buffered audio would be old on resume.
    on("pause", () => this.audio.error || this.audio.ended || this.stop());
    addEventListener("online", () => this.isPlaying && this.tries && this.connect());
  }

  play() {
    this.isPlaying = true;
    this.tries = 0;
    this.show();
    this.connect();
  }

  // Opens a new connection to the stream, so that playback starts at the live edge.
  connect() {
    if (!this.tries) this.setState("Connecting…");
    this.pick();
    this.audio.src = this.rung.dataset.stream;
    this.startTimeout();
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
    this.show();
  }

  // Closes the connection and discards the buffered audio.
  disconnect() {
    this.audio.removeAttribute("src");
    this.audio.load();
  }

  onStall(text) {
    this.setState(text);
    this.startTimeout();
  }

  startTimeout() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.reconnect(), STALL_TIMEOUT_MS);
  }

  reconnect() {
    clearTimeout(this.timer);
    const delay = RETRY_DELAYS_S[Math.min(this.tries, RETRY_DELAYS_S.length - 1)];
    this.tries += 1;
    this.setState(this.tries < 4 ? "The connection was lost. Reconnecting…" : "The station cannot be reached. Still trying…");
    const isPlaying = this.isPlaying;
    this.isPlaying = false; // ignore the events of disconnecting
    this.disconnect();
    this.isPlaying = isPlaying;
    this.timer = setTimeout(() => this.connect(), delay * 1000);
  }

  setState(text) {
    setText(this.state, text);
  }

  show() {
    this.button.classList.toggle("on", this.isPlaying);
    setText(this.button, this.isPlaying ? "Stop" : "Play");
    if (navigator.mediaSession) navigator.mediaSession.playbackState = this.isPlaying ? "playing" : "paused";
    this.updateMediaSession();
  }

  restoreVolume(volume) {
    const apply = () => (this.audio.volume = volume.value / 100);
    volume.value = load("coldwave-volume") ?? 100;
    apply();
    volume.oninput = () => {
      apply();
      save("coldwave-volume", volume.value);
    };
  }

  // Lets the listener choose a rendition. The links lead to a page with the same choice, for browsers without scripts.
  addRungs(links) {
    const key = `coldwave-rendition-${this.station.id}`;
    this.rungs = links.length ? links : [this.station.root];
    // The page of a rendition is about that one. Others begin with the last choice.
    const asked = links.findIndex((it) => it.matches("[aria-current]"));
    const last = links.findIndex((it) => it.dataset.rung === load(key));
    this.chosen = this.rungs[Math.max(asked > 0 ? asked : last, 0)];
    this.pick();
    for (const link of links) {
      link.onclick = (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        save(key, link.dataset.rung);
        history.replaceState(null, "", link.href);
        this.chosen = link;
        this.switchRung();
      };
    }
    this.station.onRungs = (changed) => changed.some((it) => it === this.rung || it === this.chosen) && this.switchRung();
  }

  // Finds the rendition to play: the chosen one, or the next lower one if that is not available or fails twice.
  pick() {
    const at = this.rungs.indexOf(this.chosen);
    const order = [...this.rungs.slice(at), ...this.rungs.slice(0, at).reverse()].filter((it) => !it.hidden);
    const rung = order[(this.tries >> 1) % order.length];
    const isOther = rung !== this.rung;
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
    if (!navigator.mediaSession) return;
    const handlers = { play: () => this.play(), pause: () => this.stop(), stop: () => this.stop() };
    for (const [action, handler] of Object.entries(handlers)) {
      try {
        navigator.mediaSession.setActionHandler(action, handler);
      } catch {
        // The browser does not support this action.
      }
    }
  }

  announce(current, isFirst) {
    this.current = current;
    this.updateMediaSession();
    if (this.isPlaying && !isFirst && current) setText(this.station.part("spoken"), `Now playing: ${current.text}`);
  }

  updateMediaSession() {
    const { current, station } = this;
    document.title = this.isPlaying && current ? `${current.text} · ${station.name}` : station.name;
    if (!navigator.mediaSession || !window.MediaMetadata || !this.isPlaying) return;
    navigator.mediaSession.metadata = new MediaMetadata({
      title: current?.song || current?.text || station.name,
      artist: (current?.song && current.artist) || station.name,
      album: current?.album || station.name,
      artwork: [{ src: station.part("cover").src }],
    });
  }
}

const stations = new Map();
for (const root of document.querySelectorAll("[data-station]")) {
  const station = new Station(root);
  stations.set(station.id, station);
  if (root.querySelector(".player")) new Player(station);
}

if (stations.size) {
  const [only] = stations.size === 1 ? stations.keys() : [];
  const events = new EventSource(`${location.origin}/api/v1/events${only ? `?sid=${only}` : ""}`);
  const on = (name, handler) =>
    events.addEventListener(name, (event) => {
      const data = JSON.parse(event.data);
      const station = stations.get(String(data.id ?? data.station));
      if (station) handler(station, data);
    });
  on("station", (station, data) => station.update(data));
  on("title", (station, data) => station.addTitle(data));
  on("listeners", (station, data) => station.setListeners(data.with_renditions, data.listeners, data.renditions));
  on("removed", (station) => station.root.remove());
}
