import { questionsFor } from '../answers/questions.ts'
import { answersText, rebased } from '../answers/save.ts'
import { writeFileAtomic } from '../record/write.ts'
import type { Planned } from './make-plan.ts'

/** Keeps the answers in the record, with paths that hold from there: rotate and verify read them. */
export async function saveAnswersCopy({ paths, answered, target }: Planned): Promise<void> {
  const questions = questionsFor([target])
  const copy = rebased(answered.answers, questions, answered.folder, paths.folder)
  await writeFileAtomic(paths.answers, answersText(copy))
}
