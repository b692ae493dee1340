// The class: links from the server, which knows its address on the network and the token.

import { signal } from "@preact/signals";
import type { Connection } from "../server/connection";
import type { Message } from "../server/encoding";
import type { Goal } from "./challenges";

/** The parts of the page that a class may see or not, by their names in the address. */
export const PARTS = [
  "network",
  "tour",
  "doctor",
  "sweep",
  "microscope",
  "bugs",
  "take",
  "settings",
  "data",
  "csv",
  "inputs",
  "optimizer",
] as const;
export type ClassPart = (typeof PARTS)[number];

/** None, a bound, or the name of a challenge. */
export type DeskGoal = "none" | "cost" | "accuracy" | (string & {});

/** The lesson that is prepared on the teacher's desk. */
export interface Desk {
  hidden: ClassPart[];
  goal: DeskGoal;
  cost: number;
  accuracy: number; // percent, on the test
  large: boolean;
}

/** The server's answer about a class link. */
export interface ClassLink {
  /** Leads to the page as it is prepared now; it is valid while the server runs. */
  short: string;
  /** Holds the token and all that is prepared. */
  long: string;
  /** The QR code of the short link: rows of 0 and 1; none where the library is missing. */
  qr: string[];
  /** Where other machines reach the server; none if only this machine does. */
  addresses: string[];
  inside: number;
  most: number;
}

export type Classroom = ReturnType<typeof makeClassroom>;

export function makeClassroom(connection: Connection) {
  const link = signal<ClassLink | null>(null);
  const desk = signal<Desk>({
    hidden: [],
    goal: "none",
    cost: 0.01,
    accuracy: 95,
    large: false,
  });
  let waiting: ((link: ClassLink) => void)[] = [];
  connection.on("msg:custom", (message: Message) => {
    if (message.type !== "class") return;
    const told = message as unknown as ClassLink;
    if (message.kept) link.value = told;
    for (const take of waiting) take(told);
    waiting = [];
  });
  return {
    link,
    desk,
    /** The goal and the type of the class, for the address. */
    prepared(): { goal: Goal | null; challenge: string | null; large: boolean } {
      const { goal, cost, accuracy, large } = desk.value;
      if (goal === "none") return { goal: null, challenge: null, large };
      if (goal === "cost") return { goal: { cost }, challenge: null, large };
      if (goal === "accuracy")
        return { goal: { accuracy: accuracy / 100 }, challenge: null, large };
      return { goal: null, challenge: goal, large };
    },
    /** Let the class link lead to a fragment of the address. */
    prepare(fragment: string, at: string | null): void {
      connection.send({ type: "class", fragment: fragment || "#", at, keep: true });
    },
    /** A link with the token to a fragment, which leaves the class link as it is. */
    linkTo(fragment: string): Promise<string> {
      return new Promise((resolve) => {
        waiting.push(({ long }) => resolve(long));
        connection.send({ type: "class", fragment });
      });
    },
  };
}
