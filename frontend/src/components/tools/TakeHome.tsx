// What one takes home: a link, an image, a GIF, the model, a notebook, the code.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { fill } from "../../i18n";
import { copyText } from "../../server/clipboard";
import {
  type DownloadKind,
  mapsImage,
  saveBlob,
  saveDownload,
  surfaceImage,
} from "../../server/downloads";
import type { Store } from "../../state/store";
import { ToolPanel } from "../ToolPanel";
import { saveMap } from "./SweepGrid";

type Item = DownloadKind | "link" | "weights" | "png" | "map" | "copy";

export function TakeHome({ store }: { store: Store }) {
  const { limits, text, frame, run, language, announcement, hidden } = store;
  const t = text.value;
  const images = run.value?.layers !== undefined;
  const map = store.sweep.map.value;
  const [busy, setBusy] = useState<Item | null>(null);
  const [done, setDone] = useState<{ item: Item; mark: string } | null>(null);
  useEffect(() => {
    if (!done) return;
    const soon = setTimeout(() => setDone(null), 2500);
    return () => clearTimeout(soon);
  }, [done]);

  const tell = (item: Item, words: string, mark = words) => {
    setDone({ item, mark });
    announcement.value = words;
  };
  const copy = async (item: Item, words: string) => {
    const copied = await copyText(words);
    if (copied) tell(item, t.copied);
    return copied;
  };
  const link = async (item: Item, ...weights: Parameters<Store["fragmentWith"]>) => {
    const fragment = store.fragmentWith(...weights);
    history.replaceState(null, "", fragment || location.pathname);
    // It lets others in too. Without access to the clipboard, the set-up is in the address bar.
    if (!(await copy(item, await store.classroom.linkTo(fragment || "#"))))
      tell(item, t.in_address);
  };
  const take = async (what: DownloadKind, item: Item = what) => {
    setBusy(item);
    const file = await store.requestDownload(what, language.value, store.resolvedTheme.value);
    setBusy(null);
    if (!file) return; // the banner shows the reason
    const copied = item === "copy" && (await copy(item, new TextDecoder().decode(file.bytes)));
    if (copied) return;
    saveDownload(file);
    tell(item, fill(t.saved, { name: file.name }), "✓");
  };
  const draw = async () => {
    const blob = await (images ? mapsImage : surfaceImage)(store.host.root);
    if (!blob) return;
    saveBlob(blob, "neurona.png");
    tell("png", fill(t.saved, { name: "neurona.png" }), "✓");
  };

  const parameters = frame.value?.arrays.parameters;
  const small = (run.value?.parameters ?? Number.POSITIVE_INFINITY) <= limits.value.weights.most;
  const row = (item: Item, name: string, ending: string, act: () => void) => (
    <li key={item}>
      <button
        type="button"
        onClick={act}
        aria-disabled={busy !== null}
        {...(busy === item ? { "aria-busy": true } : {})}
      >
        <span>{name}</span>
        <small aria-hidden="true">
          {busy === item ? t.making : done?.item === item ? done.mark : ending}
        </small>
      </button>
    </li>
  );
  const file = (what: DownloadKind, name: string, ending: string, item: Item = what) =>
    row(item, name, ending, () => {
      if (busy === null) void take(what, item);
    });
  return (
    <ToolPanel store={store} title={t.shell.tool.take} name="take">
      <div class="groups">
        {!hidden.includes("link") && (
          <Group title={t.take_link}>
            {row("link", t.link, "", () => void link("link", null))}
            {small &&
              row("weights", t.link_weights, "", () => {
                if (parameters) void link("weights", parameters, frame.value?.arrays.frozen);
              })}
          </Group>
        )}
        <Group title={t.take_picture}>
          {(images || !hidden.includes("result")) &&
            row("png", images ? t.images.png : t.png, ".png", () => void draw())}
          {!images && file("gif", t.gif, ".gif")}
          {map && row("map", t.sweep.take, ".png", () => void saveMap(store, map))}
        </Group>
        <Group title={t.take_on}>
          {file("code", t.take_code, ".py")}
          {file("code", t.copy_code, "", "copy")}
          {!images && file("numpy", t.take_numpy, ".py")}
          {file("notebook", t.notebook, ".ipynb")}
          {file("model", t.model, ".safetensors")}
        </Group>
      </div>
    </ToolPanel>
  );
}

function Group({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section>
      <h3>{title}</h3>
      <ul>{children}</ul>
    </section>
  );
}
