// The build's last step: single files out of packages of which a user would else install a hundred times as much, each
// with its licence.
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageFolder, ROOT } from './setup/places.mjs'

/** `node scripts/vendor.mjs [DIST]` */
const DIST = process.argv[2] ?? join(ROOT, 'dist')
const VENDOR = join(DIST, 'vendor')
mkdirSync(VENDOR, { recursive: true })
vendorEcharts()
vendorTfjs()
excuseTypes()

/** Of 62 MB, the 1 MB that reports draw with. */
function vendorEcharts() {
  const folder = packageFolder('echarts')
  copyFileSync(join(folder, 'dist', 'echarts.min.js'), join(VENDOR, 'echarts.cjs'))
  for (const name of ['LICENSE', 'NOTICE', 'licenses'])
    cpSync(join(folder, name), join(VENDOR, 'echarts-licence', name), { recursive: true })
}

/**
 * Of 141 MB, the 1 MB that joins TensorFlow.js's parts in Node; the parts themselves stay packages. Without the two that
 * Node has no use for: WebGL, and readers of data.
 */
function vendorTfjs() {
  const whole = readFileSync(join(packageFolder('@tensorflow/tfjs'), 'dist', 'tf.node.js'), 'utf8')
  let text = whole.replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n')
  for (const name of ['@tensorflow/tfjs-data', '@tensorflow/tfjs-backend-webgl']) {
    const needs = `require('${name}')`
    if (!text.includes(needs)) throw new Error(`tfjs no longer has ${needs}: look at scripts/vendor.mjs`)
    text = text.replace(needs, '{}')
  }
  writeFileSync(join(VENDOR, 'tfjs.cjs'), text)
}

/**
 * tfjs's types come with the package that a user may leave out: they are `any` there. They aren't of its parts, which
 * are there always, since those are refused where libraries are checked (`skipLibCheck: false`).
 */
function excuseTypes() {
  const file = join(DIST, 'models', 'tf.d.ts')
  const line = "import type * as tfjs from '@tensorflow/tfjs';"
  const text = readFileSync(file, 'utf8')
  if (!text.includes(line)) throw new Error(`${file} has no line ${line}: look at scripts/vendor.mjs`)
  writeFileSync(file, text.replace(line, `// @ts-ignore\n${line}`))
}
