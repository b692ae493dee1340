// The doctor's panel: what is wrong, the cures that were tried, and all that was tried.

import { useEffect } from "preact/hooks";
import { fill } from "../../i18n";
import { everyTrial, shownCures, type Trial } from "../../state/doctor";
import type { Store } from "../../state/store";
import { ToolPanel } from "../ToolPanel";
import { CurePlot } from "./CurePlot";

export function Doctor({ store }: { store: Store }) {
  const { doctor, text, language, run, write } = store;
  const t = text.value.doctor;
  const found = doctor.diagnosis.value;
  useEffect(() => {
    if (!doctor.diagnosis.peek()) doctor.look();
  }, [run.value?.run]);
  const note = found && (
    <>
      {fill(t.examined, {
        steps: write(found.steps),
        seconds: write(Number(found.seconds.toPrecision(2))),
      })}{" "}
      <button type="button" class="flat" onClick={doctor.look}>
        {t.again}
      </button>
    </>
  );
  const [first, ...others] = found?.findings ?? [];
  return (
    <ToolPanel store={store} title={t.title} note={note} name="doctor">
      <div role="status" aria-live="polite">
        {doctor.looking.value && <p class="quiet">{t.looking}</p>}
        {found?.healthy && <p class="says">{t.healthy}</p>}
        {first && <p class="says">{first.text[language.value]}</p>}
      </div>
      {others.length > 0 && (
        <>
          <h3>{t.also}</h3>
          <ul class="findings">
            {others.map((one) => (
              <li key={one.kind + one.layer}>{one.text[language.value]}</li>
            ))}
          </ul>
        </>
      )}
      {found && !found.healthy && (
        <>
          <table class="measured">
            <thead>
              <tr>
                <th scope="col">{t.measured}</th>
                <th scope="col">{t.here}</th>
                <th scope="col">{t.warns_from}</th>
              </tr>
            </thead>
            <tbody>
              {found.findings.map((one) => (
                <tr key={one.kind + one.layer}>
                  <th scope="row">{one.measure[language.value]}</th>
                  <td>{write(one.value)}</td>
                  <td>{write(one.threshold)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <Cures store={store} />
        </>
      )}
    </ToolPanel>
  );
}

/** A mean and its interval. */
const withInterval = ([mean, low, high]: string[]) => `${mean} (${low}; ${high})`;

function Cures({ store }: { store: Store }) {
  const { doctor, text, language } = store;
  const t = text.value.doctor;
  const proof = doctor.proof.value;
  const trying = doctor.trying.value;
  if (!proof) {
    return trying === null ? (
      <p>
        <button type="button" class="main" onClick={doctor.prove}>
          {t.try_cures}
        </button>{" "}
        <span class="quiet">{t.try_cures_about}</span>
      </p>
    ) : (
      <p role="status">
        {t.trying} <progress value={trying || undefined} aria-label={t.trying} />
      </p>
    );
  }
  const cures = shownCures(proof);
  const seeds = proof.seeds.length;
  const write = (value: number | null | undefined) => store.write(value, 2);
  const last = (trial: Trial) => trial.costs.median.at(-1);
  return (
    <>
      <h3>{t.cures}</h3>
      <p>{proof.verdict[language.value]}</p>
      {cures.length > 0 && (
        <>
          <ul class="cure-key">
            {(["with", "without", "trivial", "search"] as const).map((one) => (
              <li key={one} class={one}>
                {t.key[one]}
              </li>
            ))}
          </ul>
          <div class="cures">
            {cures.map((trial) => (
              <article key={trial.cures.join()}>
                <h4>{trial.words[language.value]}</h4>
                <CurePlot proof={proof} trial={trial} language={language.value} />
                <p>
                  <strong>{fill(t.of_seeds, { n: trial.wins, seeds })}</strong> ·{" "}
                  {fill(t.cost_after, { cost: write(last(trial)) })}
                </p>
                {trial.setup && (
                  <button type="button" onClick={() => store.tryCure(trial)}>
                    {t.try_it}
                  </button>
                )}
              </article>
            ))}
          </div>
          <p class="quiet">{t.try_it_about}</p>
        </>
      )}
      <h3>{t.all_tried}</h3>
      <div class="scroll">
        <table class="measured">
          <thead>
            <tr>
              <th scope="col">{t.change}</th>
              <th scope="col">{t.wins}</th>
              <th scope="col">{t.final_cost}</th>
              <th scope="col">{t.gain}</th>
            </tr>
          </thead>
          <tbody>
            {everyTrial(proof).map((trial) => (
              <tr key={trial.cures.join() + trial.mark} class={trial.cured ? "cured" : ""}>
                <th scope="row">
                  {trial === proof.sick
                    ? t.as_it_is
                    : proof.search.includes(trial)
                      ? `${t.key.search}: ${trial.words[language.value]}`
                      : trial.words[language.value]}
                </th>
                <td>
                  {trial.wins}/{seeds}
                </td>
                <td>{write(last(trial))}</td>
                <td>{trial === proof.sick ? "–" : withInterval(trial.gain.map(write))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="quiet">{t.how}</p>
      {proof.untried.length > 0 && (
        <p class="quiet">
          {t.untried} {proof.untried.map((one) => one[language.value]).join(", ")}.
        </p>
      )}
    </>
  );
}
