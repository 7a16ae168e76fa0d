"use strict";
const session = JSON.parse(document.getElementById("data").textContent);
const find = id => document.getElementById(id);
const states = session.actors[0].z.length, shown = session.actors.map(() => true);
const MOST_BARS = 16, BAR = 4, LARGE = 160, SVG = "http://www.w3.org/2000/svg";
let at = 0, timer = null;

const opened = uri => Object.assign(new Image(), {src: uri});
const scenes = session.scene && session.scene.uris.map(opened), sheet = session.frames && opened(session.frames.uri);

function prepare() {
  find("scene").hidden = !scenes;
  if (scenes) Object.assign(find("scene"), {width: session.scene.width, height: session.scene.height});
  const tile = session.frames ? session.frames.tile : [0, 0];
  const times = Math.max(1, Math.floor(LARGE / Math.max(...tile, 1)));
  for (const [id, scale] of [["large", times], ["small", 1]]) {
    Object.assign(find(id), {width: tile[0] * scale, height: tile[1] * scale, hidden: !sheet});
  }
  session.actors.forEach((actor, i) => {
    const label = document.createElement("label"), box = document.createElement("input"), mark = document.createElement("i");
    Object.assign(box, {type: "checkbox", checked: true, onchange: () => { shown[i] = box.checked; draw(); }});
    mark.style.background = actor.colour;
    label.append(box, mark, actor.name);
    find("legend").append(label);
  });
  session.controls.slice(0, MOST_BARS).forEach((control, i) => {
    const row = document.createElement("div"), name = document.createElement("span"), value = document.createElement("span");
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 300 ${session.actors.length * (BAR + 1)}`);
    session.actors.forEach((actor, k) => {
      const bar = document.createElementNS(SVG, "rect");
      for (const [key, set] of Object.entries({y: k * (BAR + 1), height: BAR, fill: actor.colour})) bar.setAttribute(key, set);
      svg.append(bar);
    });
    row.className = "control";
    name.textContent = control.name;
    row.append(name, value, svg);
    const strip = document.createElement("div");
    strip.className = "swatches";
    strip.append(...control.swatches.map((_, k) => {
      const swatch = document.createElement("i");
      swatch.style.borderColor = session.actors[k].colour;
      return swatch;
    }));
    row.append(strip);
    find("bars").append(row);
  });
}

function drawScene() {
  const scene = scenes && scenes[at % scenes.length];
  if (!scene || !scene.complete) return;
  const pen = find("scene").getContext("2d");
  pen.drawImage(scene, 0, 0);
  pen.lineCap = "round";
  for (let i = session.actors.length - 1; i >= 0; i--) {
    const {points, colour} = session.actors[i];
    if (!shown[i] || !points) continue;
    for (const [ink, extra] of [["#0007", 2], [colour, 0]]) {
      Object.assign(pen, {strokeStyle: ink, lineWidth: (i ? 2 : 3) + extra});
      pen.beginPath();
      for (const [a, b] of session.edges) {
        const from = points[at][a], to = points[at][b];
        if (from && to) { pen.moveTo(...from); pen.lineTo(...to); }
      }
      pen.stroke();
    }
  }
}

function drawFrame() {
  find("vector").textContent = session.vectors ? `(${session.vectors[at].join(", ")})` : "";
  if (!sheet || !sheet.complete) return;
  const {tile: [width, height], columns} = session.frames;
  for (const id of ["large", "small"]) {
    const canvas = find(id), pen = canvas.getContext("2d");
    pen.imageSmoothingEnabled = false;
    pen.drawImage(sheet, at % columns * width, Math.floor(at / columns) * height, width, height, 0, 0, canvas.width, canvas.height);
  }
}

function drawBars() {
  [...find("bars").children].forEach((row, i) => {
    const control = session.controls[i];
    row.children[1].textContent = `${control.values[at]} ${control.unit}`;
    [...row.children[2].children].forEach((bar, k) => {
      const z = Math.max(-session.reach, Math.min(session.reach, session.actors[k].z[at][i]));
      const length = Math.max(Math.abs(z) / session.reach * 150, 1);
      bar.setAttribute("x", z < 0 ? 150 - length : 150);
      bar.setAttribute("width", shown[k] ? length : 0);
    });
    [...row.children[3].children].forEach((swatch, k) => {
      swatch.style.background = control.swatches[k][at];
      swatch.hidden = !shown[k];
    });
  });
}

function draw() {
  drawScene();
  drawFrame();
  drawBars();
  find("at").value = at;
  find("number").textContent = `${at + 1} of ${states}`;
}

function go(state) { at = (state + states) % states; draw(); }

function play(on) {
  clearInterval(timer);
  timer = on ? setInterval(() => go(at + 1), 1000 / session.rate) : null;
  find("play").textContent = on ? "Pause" : "Play";
}

prepare();
for (const picture of [...(scenes || []), sheet]) if (picture) picture.onload = draw;
find("play").onclick = () => play(timer === null);
find("at").oninput = event => { play(false); go(Number(event.target.value)); };
draw();
play(!matchMedia("(prefers-reduced-motion: reduce)").matches);
