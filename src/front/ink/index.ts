export { createInkFront, type InkOptions } from './create-front.tsx'
