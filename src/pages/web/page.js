// What moves on the pages for listeners: titles when they become audible, who listens, and the player.

const WORDS = { silence: "Off air", live: "Live" };
// How long to wait before asking for the stream again, in seconds: the last for ever.
const PAUSES = [1, 2, 4, 8, 15];
// How long the sound may be away before the stream is asked for anew, in milliseconds.
const PATIENCE = 12000;

// How far this clock is ahead of the server's, in milliseconds. Less than a few seconds are the way of the page.
const ahead = Date.now() - Date.parse(document.body.dataset.now);
const clockError = Math.abs(ahead) < 3000 ? 0 : ahead;
const here = (time) => Date.parse(time) + clockError;
const hour = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

function fill(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

class Station {
  constructor(root) {
    this.root = root;
    this.id = root.dataset.station;
    this.name = root.dataset.name;
    this.played = null; // what was on the air, the latest first; null until the server has told
    this.kind = null;
    this.by = null;
    this.onTitle = () => {};
    root.querySelectorAll("time").forEach((time) => fill(time, hour.format(Date.parse(time.dateTime))));
  }

  part(name) {
    return this.root.querySelector(`[data-part=${name}]`);
  }

  // All that there is to know, as the server tells it first and when something else is on.
  tell(told) {
    this.name = told.name;
    this.artwork = told.artwork_url;
    this.next = told.next[0];
    if (this.root.matches("main")) fill(this.root.querySelector("h1"), told.name);
    [this.kind, this.by] = [told.on_air.kind, told.on_air.name];
    const before = told.history.map((it) => ({ ...it, text: it.title, at: it.on_air_at, audible: -Infinity }));
    const now = told.title;
    if (now) before.unshift({ ...now, at: now.on_air_at, audible: here(now.audible_at) });
    this.played = before;
    this.listen(told.listeners.now);
    this.show();
    if (now && this.key === now.text + now.on_air_at) this.draw();
  }

  // A title came on the air this moment; it is heard as much later as everybody is behind.
  title(told) {
    if (!this.played) return;
    const audible = Date.now() + Date.parse(told.audible_at) - Date.parse(told.on_air_at);
    const latest = this.played[0];
    if (latest && latest.text === told.title && latest.at === told.on_air_at) return;
    this.played.unshift({ ...told, text: told.title || "", at: told.on_air_at, audible });
    this.played.length = Math.min(this.played.length, 12);
    this.show();
  }

  listen(count) {
    fill(this.part("listeners"), String(count));
  }

  // Shows what is heard by now, and comes back when that changes.
  show() {
    clearTimeout(this.timer);
    const found = this.played.findIndex((it) => it.audible <= Date.now());
    // Where nothing was before, the first title may as well be shown at once.
    const first = found < 0 ? this.played.length - 1 : found;
    const heard = this.played.slice(Math.max(first, 0));
    const next = this.played[first - 1];
    if (next) this.timer = setTimeout(() => this.show(), Math.min(next.audible - Date.now(), 60000));
    const isSilent = this.kind === "silence";
    const on = !isSilent && heard[0]?.text ? heard[0] : null;
    const kind = this.part("kind");
    kind.dataset.kind = this.kind;
    fill(kind, this.kind === "live" && this.by ? `Live: ${this.by}` : WORDS[this.kind] || "On air");
    const unknown = isSilent ? "Nothing is on the air right now" : "Unknown title";
    fill(this.part("song"), on ? on.song || on.text : unknown);
    fill(this.part("artist"), (on && on.song && on.artist) || "");
    fill(this.part("album"), (on && on.album) || "");
    // While a title is about to be heard, it is that which comes next.
    const soon = next ? next.text : this.next;
    fill(this.part("next"), soon && !isSilent ? `Next: ${soon}` : "");
    this.list(heard.filter((it) => it !== on && it.text).slice(0, 10));
    const key = on ? on.text + on.at : "";
    if (key !== this.key) {
      const isFirst = this.key === undefined;
      this.key = key;
      this.onTitle(on, isFirst);
      this.draw();
      if (!isFirst) this.look();
    }
  }

  list(before) {
    const list = this.part("history");
    const key = JSON.stringify(before.map((it) => [it.text, it.at]));
    if (!list || key === this.listed) return;
    this.listed = key;
    list.replaceChildren(...before.map((it) => {
      const [line, time, title] = ["li", "time", "span"].map((name) => document.createElement(name));
      time.dateTime = it.at;
      time.textContent = hour.format(Date.parse(it.at));
      title.textContent = it.text;
      line.append(time, " ", title);
      return line;
    }));
    list.parentElement.hidden = !before.length;
  }

  // Asks what else is known of a title: its cover and album. Not all pages at the same moment.
  look() {
    clearTimeout(this.looking);
    this.looking = setTimeout(async () => {
      const answer = await fetch(`${location.origin}/api/v1/stations/${this.id}`).catch(() => null);
      if (!answer || !answer.ok) return;
      const told = await answer.json();
      const on = this.played.find((it) => told.title && it.text === told.title.text);
      if (on) on.album = told.title.album;
      this.artwork = told.artwork_url;
      this.next = told.next[0];
      this.show();
      this.draw();
    }, Math.random() * 1500);
  }

  draw() {
    const cover = this.part("cover");
    const at = this.artwork && new URL(this.artwork);
    // The address is another one when the picture is.
    const wanted = at ? at.pathname + at.search : this.root.dataset.standIn;
    if ((this.drawn ?? cover.getAttribute("src")) === wanted) return;
    this.drawn = wanted;
    cover.onerror = () => {
      cover.onerror = null;
      cover.src = this.root.dataset.standIn;
    };
    cover.src = wanted;
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
    this.isWanted = false;
    this.tries = 0;
    this.audio.controls = false;
    this.audio.hidden = true;
    this.drop();
    this.root.querySelector(".controls").hidden = false;
    this.button.onclick = () => (this.isWanted ? this.stop() : this.play());
    this.hear();
    this.remember(this.root.querySelector("input"));
    this.control();
    station.onTitle = (on, isFirst) => this.announce(on, isFirst);
    station.onCover = () => this.tellSystem();
  }

  hear() {
    const on = (event, deed) => this.audio.addEventListener(event, () => this.isWanted && deed());
    on("playing", () => {
      this.tries = 0;
      clearTimeout(this.timer);
      this.say("Playing live");
    });
    on("waiting", () => this.wait("Buffering…"));
    on("stalled", () => this.audio.readyState < 3 && this.wait("Buffering…"));
    on("error", () => this.again());
    on("ended", () => this.again());
    // Somebody else paused it, a headset or the system: what is in the buffer is old when he comes back.
    on("pause", () => this.audio.error || this.audio.ended || this.stop());
    addEventListener("online", () => this.isWanted && this.tries && this.connect());
  }

  play() {
    this.isWanted = true;
    this.tries = 0;
    this.show();
    this.connect();
  }

  // Asks for the stream, always anew: what is heard is what is on the air.
  connect() {
    if (!this.tries) this.say("Connecting…");
    this.audio.src = this.station.root.dataset.stream;
    this.limit();
    this.audio.play().catch((error) => {
      if (error.name !== "NotAllowedError") return;
      this.stop();
      this.say("Press Play again to start");
    });
  }

  stop() {
    this.isWanted = false;
    clearTimeout(this.timer);
    this.drop();
    this.say("");
    this.show();
  }

  // Lets go of the stream and all that came of it.
  drop() {
    this.audio.removeAttribute("src");
    this.audio.load();
  }

  wait(words) {
    this.say(words);
    this.limit();
  }

  limit() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.again(), PATIENCE);
  }

  again() {
    clearTimeout(this.timer);
    const pause = PAUSES[Math.min(this.tries, PAUSES.length - 1)];
    this.tries += 1;
    this.say(this.tries < 4 ? "The connection was lost. Reconnecting…" : "The station cannot be reached. Still trying…");
    const isWanted = this.isWanted;
    this.isWanted = false; // letting go is no news
    this.drop();
    this.isWanted = isWanted;
    this.timer = setTimeout(() => this.connect(), pause * 1000);
  }

  say(words) {
    fill(this.state, words);
  }

  show() {
    this.button.classList.toggle("on", this.isWanted);
    fill(this.button, this.isWanted ? "Stop" : "Play");
    if (navigator.mediaSession) navigator.mediaSession.playbackState = this.isWanted ? "playing" : "paused";
    this.tellSystem();
  }

  remember(volume) {
    const set = () => (this.audio.volume = volume.value / 100);
    try {
      volume.value = localStorage.getItem("coldwave-volume") ?? 100;
    } catch {
      // Nothing is remembered where the visitor does not want that.
    }
    set();
    volume.oninput = () => {
      set();
      try {
        localStorage.setItem("coldwave-volume", volume.value);
      } catch {
        // As above.
      }
    };
  }

  // The keys of keyboards and headsets, and what telephones show when they are locked.
  control() {
    if (!navigator.mediaSession) return;
    const on = { play: () => this.play(), pause: () => this.stop(), stop: () => this.stop() };
    for (const [name, deed] of Object.entries(on)) {
      try {
        navigator.mediaSession.setActionHandler(name, deed);
      } catch {
        // Not every browser knows every key.
      }
    }
  }

  announce(on, isFirst) {
    this.on = on;
    this.tellSystem();
    if (this.isWanted && !isFirst && on) fill(this.station.part("spoken"), `Now playing: ${on.text}`);
  }

  tellSystem() {
    const { on, station } = this;
    document.title = this.isWanted && on ? `${on.text} · ${station.name}` : station.name;
    if (!navigator.mediaSession || !window.MediaMetadata || !this.isWanted) return;
    navigator.mediaSession.metadata = new MediaMetadata({
      title: (on && (on.song || on.text)) || station.name,
      artist: (on && on.song && on.artist) || station.name,
      album: (on && on.album) || station.name,
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
  const on = (name, deed) =>
    events.addEventListener(name, (event) => {
      const told = JSON.parse(event.data);
      const station = stations.get(String(told.id ?? told.station));
      if (station) deed(station, told);
    });
  on("station", (station, told) => station.tell(told));
  on("title", (station, told) => station.title(told));
  on("listeners", (station, told) => station.listen(told.listeners));
  on("removed", (station) => station.root.remove());
}
