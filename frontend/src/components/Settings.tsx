// The card of all settings that the one row above has no room for.

import type { Store } from "../state/store";
import { Checkbox } from "./controls";
import { DataSettings } from "./DataSettings";
import { LayerList } from "./layer-controls";
import { ToolPanel } from "./ToolPanel";
import { TrainingSettings } from "./TrainingSettings";
import { BugLabLink } from "./tools/BugLab";

export function Settings({ store }: { store: Store }) {
  const { text, hidden, layersListed, ownRates } = store;
  const t = text.value;
  const shown = (part: string) => !hidden.includes(part);
  return (
    <ToolPanel
      store={store}
      title={t.shell.tool.settings}
      note={t.shell.settings_note}
      name="settings"
    >
      {shown("data") && <DataSettings store={store} />}
      {shown("optimizer") && <TrainingSettings store={store} />}
      {shown("network") &&
        (layersListed.value ? (
          <LayerList store={store} />
        ) : (
          <Checkbox
            label={t.shell.own_rates}
            on={ownRates.value}
            onChange={(on) => {
              ownRates.value = on;
            }}
          />
        ))}
      <BugLabLink store={store} />
    </ToolPanel>
  );
}
