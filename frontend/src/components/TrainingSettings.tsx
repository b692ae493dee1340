// How the network learns: the rate, the optimizer, the cost, the batch, the penalties, the weights.

import { choiceName } from "../state/labels";
import type { Setup } from "../state/setup";
import type { Store } from "../state/store";
import { NumberField, Select } from "./controls";

export function TrainingSettings({ store }: { store: Store }) {
  const { text, setup, changeSetup, limits, send, run } = store;
  const t = text.value;
  const training = setup.value.training;
  const known = limits.value.training;
  const name = (one: string) => choiceName(one, t);
  const learn = (more: Partial<Setup["training"]>) =>
    changeSetup({ ...setup.value, training: { ...training, ...more } });
  return (
    <div class="fields">
      <NumberField
        label={t.learning_rate}
        word="learning_rate"
        value={training.learning_rate}
        limits={known.learning_rate}
        onChange={(value) => value && learn({ learning_rate: value })}
      />
      <div class="with-button">
        <Select
          label={t.initializer}
          word="initializer"
          value={training.initializer}
          options={known.initializer}
          name={name}
          onChange={(initializer) => learn({ initializer })}
        />
        <button type="button" onClick={() => send("reseed")}>
          {t.reseed}
        </button>
      </div>
      <Select
        label={t.optimizer}
        word="optimizer"
        value={training.optimizer}
        options={known.optimizer.filter((one) => one !== "lesson" || !run.value?.layers)}
        name={name}
        onChange={(optimizer) => learn({ optimizer })}
      />
      <Select
        label={t.cost}
        word="cost"
        value={training.cost}
        options={known.cost}
        name={name}
        onChange={(cost) => learn({ cost })}
      />
      <NumberField
        label={t.batch}
        word="batch"
        value={training.batch_size}
        limits={known.batch_size}
        whole
        empty={t.all}
        onChange={(value) => learn({ batch_size: value })}
      />
      <NumberField
        label={t.l1}
        word="l1"
        value={training.l1}
        limits={known.l1}
        empty="0"
        onChange={(value) => learn({ l1: value ?? 0 })}
      />
      <NumberField
        label={t.l2}
        word="l2"
        value={training.l2}
        limits={known.l2}
        empty="0"
        onChange={(value) => learn({ l2: value ?? 0 })}
      />
    </div>
  );
}
