/**
 * make replay SCHEDULE='...' [BUG='name']: shows a schedule step by step; with BUG, against the source with that seeded bug.
 *
 * BUG alone finds the bug first, shrinks its schedule and shows that.
 */
import { Command } from 'commander';
import { replay } from '../explore/replay.ts';
import { parse } from '../explore/schedule.ts';
import { SEEDED } from '../explore/seeded.ts';
import { compileBug, compileProgram, exploreOne, scenarioNamed } from '../explore/suite.ts';

const fail = (message: string): never => {
  console.error(message);
  process.exit(2);
};

const command = new Command('replay')
  .argument('[schedule]', 'as a failing exploration prints it')
  .option('--bug <name>', 'a seeded bug')
  .action((given: string | undefined, options: { bug?: string }) => {
    const bug = options.bug === undefined ? undefined : SEEDED.find(({ name }) => name === options.bug);
    if (options.bug !== undefined && !bug) fail(`no seeded bug is called "${options.bug}"; there are:\n  ${SEEDED.map(({ name }) => name).join('\n  ')}`);
    let text = given;
    const compiled = bug ? compileBug(bug) : compileProgram(text === undefined ? undefined : scenarioNamed(parse(text).scenario).program);
    for (const name of text === undefined && bug ? bug.in : []) {
      text ??= exploreOne(compiled, scenarioNamed(name), bug!.model, { seconds: 60, states: 2_000_000 }).schedule;
    }
    if (text === undefined) fail('give a SCHEDULE, or the BUG to find one for');
    const schedule = parse(text!);
    const { soloSteps: _, ...scenario } = scenarioNamed(schedule.scenario);
    for (const line of replay(compiled, schedule.model === 'weak' ? scenario : scenarioNamed(schedule.scenario), schedule)) console.log(line);
    if (given === undefined) console.log(`make replay BUG='${options.bug}' SCHEDULE='${text}'`);
  });
command.parse();
