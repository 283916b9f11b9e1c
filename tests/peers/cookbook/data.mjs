/** Small data sets under the names that the recipes load, in a folder that `datasets` looks into before it asks the hub. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../support/folders.mjs'

const LESSON = join(ROOT, 'nodes', 'dataset', 'sets', 'pig-latin-sft.jsonl')
/** As the recipe has them: it puts the one after each question, and an example before. */
const SUFFIX = ' Provide a numerical answer without units, written inside \\boxed{}.'
const EXAMPLE = [
  { role: 'user', content: `How many r's are in strawberry?${SUFFIX}` },
  {
    role: 'assistant',
    content:
      "Let's spell the word out and number all the letters: 1) s 2) t 3) r 4) a 5) w 6) b 7) e 8) r 9) r 10) y. We have r's at positions 3, 8, and 9. \\boxed{3}",
  },
]

/** HuggingFaceH4/no_robots: conversations. */
export function writeConversations(folder, rows) {
  writeDataset(folder, 'HuggingFaceH4/no_robots', 'default', rows)
}

/** openai/gsm8k: questions, and answers that end with `#### N`. */
export function writeProblems(folder, rows) {
  writeDataset(folder, 'openai/gsm8k', 'main', rows)
}

function writeDataset(folder, name, config, rows) {
  const path = join(folder, name)
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'train.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  const card = ['---', 'configs:', `- config_name: ${config}`, '  data_files: train.jsonl', '---', '']
  writeFileSync(join(path, 'README.md'), card.join('\n'))
}

/** The Pig Latin lesson of the examples. */
export function lessonRows() {
  return readFileSync(LESSON, 'utf8')
    .trim()
    .split('\n')
    .map((line) => ({ messages: JSON.parse(line).messages }))
}

const ANSWERS = [1, 2, 3]
/** What the grader wants; that it is this one, only rewards tell. */
const WANTED = 2
const question = (i) => `Guess digit ${'abcde'[i % 5]}.`

/** Answers in the form that the grader reads, one of three of them right by chance. */
export function formRows(count) {
  return Array.from({ length: count }, (_, i) => {
    const own = [
      { role: 'user', content: question(i) + SUFFIX },
      { role: 'assistant', content: `\\boxed{${ANSWERS[i % ANSWERS.length]}}` },
    ]
    return { messages: [...EXAMPLE, ...own] }
  })
}

export function problemRows(count) {
  return Array.from({ length: count }, (_, i) => ({ question: question(i), answer: `A guess.\n#### ${WANTED}` }))
}
