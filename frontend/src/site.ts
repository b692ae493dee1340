// Entry point of the static site: the playground over recordings, from any folder, without a server.
// Its style is the page's.

import { pageHost } from "./host";
import { mount } from "./mount";
import { RecordedConnection, type RecordingEntry } from "./server/recorded";
import { PATH } from "./state/tour";

// Scripts, as no browser lets a page fetch its neighbors from a folder on the disk.
interface Waiting {
  neuronaCatalog?: RecordingEntry[];
  neuronaPart?: (name: string, base64: string) => void;
}
const page = window as Waiting;
const waiting = new Map<string, (base64: string) => void>();

page.neuronaPart = (name, base64) => waiting.get(name)?.(base64);

async function load(recording: string, part: string): Promise<ArrayBuffer> {
  const name = `${recording}.${part}`;
  const base64 = await new Promise<string>((resolve, reject) => {
    waiting.set(name, resolve);
    const script = document.createElement("script");
    script.src = `recordings/${name}.js`;
    script.onerror = () => reject(new Error(`${script.src} is missing`));
    document.head.append(script);
  });
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(unpacked).arrayBuffer();
}

const el = document.getElementById("neurona");
if (el) {
  const recordings = page.neuronaCatalog ?? [];
  const { store } = mount(new RecordedConnection(recordings, load), el, pageHost());
  store.hidden.push("class", "sweep", "pad"); // a class, a map and a drawing need a server
  // The guided path trains its examples.
  if (PATH.some(({ example }) => !recordings.some(({ name }) => name === example)))
    store.hidden.push("tour");
  store.hello();
}
