// The tools: which component each is, and which parts of the page stay in view with it.

import type { ComponentType } from "preact";
import type { Store } from "../state/store";
import { awayParts, TOOL_NAMES, type Tool } from "../state/tools";
import { Settings } from "./Settings";
import { BugLab } from "./tools/BugLab";
import { ClassDesk } from "./tools/ClassDesk";
import { Doctor } from "./tools/Doctor";
import { Microscope } from "./tools/Microscope";
import { Sweep } from "./tools/Sweep";
import { TakeHome } from "./tools/TakeHome";
import { Tour } from "./tools/Tour";

/** The parts of the right column. */
export type Part = "network" | "flow" | "cost";

interface ToolEntry {
  component: ComponentType<{ store: Store; tools: Tool[] }>;
  /** The rest of the right column, above the tool and below it. */
  above?: readonly Part[];
  below?: readonly Part[];
  /** Opened from elsewhere, and not by a button of the mast. */
  unlisted?: true;
}

/** A new tool is one component in tools/ and one row here. */
export const TOOLS: Partial<Record<Tool, ToolEntry>> = {
  tour: { component: Tour, below: ["flow", "cost"] },
  doctor: { component: Doctor },
  sweep: { component: Sweep, below: ["cost"] },
  microscope: { component: Microscope, above: ["network"] },
  class: { component: ClassDesk },
  take: { component: TakeHome },
  bugs: { component: BugLab, below: ["cost"], unlisted: true },
  settings: { component: Settings, below: ["cost"], unlisted: true },
};

/** The tools that the mast lists, in order. */
export function listedTools({ hidden, run }: Store): Tool[] {
  const away = awayParts(hidden, run.value?.layers !== undefined);
  return TOOL_NAMES.filter((one) => TOOLS[one] && !TOOLS[one].unlisted && !away.includes(one));
}

/** The open tool. */
export function Tools({ store }: { store: Store }) {
  const entry = store.tool.value && TOOLS[store.tool.value];
  return entry ? <entry.component store={store} tools={listedTools(store)} /> : null;
}
