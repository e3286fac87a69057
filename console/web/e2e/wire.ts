import { connect, createServer, type Socket } from 'node:net'

/** A wire between the browser and the console that can be cut as a dead network cuts: silently. */
export async function layWire(target: string) {
  const { hostname, port } = new URL(target)
  const pairs = new Set<[Socket, Socket]>()
  let cut = false
  const server = createServer((near) => {
    const far = connect(Number(port || 80), hostname)
    const pair: [Socket, Socket] = [near, far]
    pairs.add(pair)
    const end = () => {
      pairs.delete(pair)
      near.destroy()
      far.destroy()
    }
    near.on('data', (part) => cut || far.write(part))
    far.on('data', (part) => cut || near.write(part))
    for (const side of pair) side.on('error', end).on('close', end)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    /** From now on nothing passes, and nobody is told. */
    cut: () => {
      cut = true
    },
    /** New connections pass; those that lost something are ended. */
    mend: () => {
      cut = false
      for (const [near] of pairs) near.destroy()
    },
    close: () => {
      for (const [near] of pairs) near.destroy()
      server.close()
    },
  }
}
