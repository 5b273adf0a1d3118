import { heldInSecret } from '../../kubernetes/held.ts'
import { secretName } from '../../kubernetes/secret.ts'
import type { Target } from '../target.ts'
import { azuremlAnswers } from './answers.ts'
import { placeOf } from './steps/commands.ts'

/** The Secret that azureml-fe or the Ingress names; stored files cannot be read back from Azure. */
export const held: NonNullable<Target['held']> = async ({ answers, folder }, calling) => {
  const own = azuremlAnswers(answers)
  const { leaf } = calling
  if (own.mode === 'pem' || leaf === undefined) return undefined
  const name = secretName(answers.endpoint, leaf)
  const key = own.mode === 'secret' ? 'cert.pem' : 'tls.crt'
  return heldInSecret({ place: placeOf(own), name, key }, { ...calling, userFolder: folder })
}
