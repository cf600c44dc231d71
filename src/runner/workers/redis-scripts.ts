/**
 * Steps of a queue on Redis, in its Lua. Every key begins with ARGV[1]: `t:ID` a task (group, content, seq, tries,
 * fence), `w` who waits, by seq, `h` who is held, `l:ID` a lease, which the server lets go in time, `g` how many of a
 * group are held, `r` results.
 */

const FREE = `
local function free(p, id)
  if redis.call('SREM', p..'h', id) == 0 then return end
  local group = redis.call('HGET', p..'t:'..id, 'group')
  if group and redis.call('HINCRBY', p..'g', group, -1) <= 0 then redis.call('HDEL', p..'g', group) end
end
`

/** id, group, content, a word of its own: fences of a task that a server forgot are no fences of the next. */
export const PUT = `
local p, id, group, content, own = unpack(ARGV)
if redis.call('EXISTS', p..'t:'..id) == 1 or redis.call('HEXISTS', p..'r', id) == 1 then return 0 end
local seq = redis.call('INCR', p..'s')
redis.call('HSET', p..'t:'..id, 'group', group, 'content', content, 'seq', seq, 'tries', 0, 'own', own)
redis.call('ZADD', p..'w', seq, id)
return 1
`

/** group of before, lease's milliseconds → id, group, content, fence, tries */
export const TAKE = `${FREE}
local p, before, ms = unpack(ARGV)
for _, id in ipairs(redis.call('SRANDMEMBER', p..'h', 64)) do
  if redis.call('EXISTS', p..'l:'..id) == 0 then
    free(p, id)
    local seq = redis.call('HGET', p..'t:'..id, 'seq')
    if seq then redis.call('ZADD', p..'w', seq, id) end
  end
end
local first, other, same
for _, id in ipairs(redis.call('ZRANGE', p..'w', 0, 255)) do
  local group = redis.call('HGET', p..'t:'..id, 'group') or ''
  first = first or id
  if not other and redis.call('HEXISTS', p..'g', group) == 0 then other = id end
  if group == before then same = id break end
end
local id = same or other or first
if not id then return nil end
redis.call('ZREM', p..'w', id)
local task = p..'t:'..id
local tries = redis.call('HINCRBY', task, 'tries', 1)
local fence = redis.call('HGET', task, 'own')..':'..tries
redis.call('HSET', task, 'fence', fence)
local group = redis.call('HGET', task, 'group')
redis.call('SADD', p..'h', id)
redis.call('HINCRBY', p..'g', group, 1)
redis.call('SET', p..'l:'..id, fence, 'PX', ms)
return {id, group, redis.call('HGET', task, 'content'), fence, tostring(tries)}
`

/** id, fence, lease's milliseconds: one that has ended goes on where nobody has taken it */
export const RENEW = `
local p, id, fence, ms = unpack(ARGV)
if redis.call('HGET', p..'t:'..id, 'fence') ~= fence or redis.call('SISMEMBER', p..'h', id) == 0 then return 0 end
redis.call('SET', p..'l:'..id, fence, 'PX', ms)
return 1
`

/** id, fence */
export const RELEASE = `${FREE}
local p, id, fence = unpack(ARGV)
if redis.call('HGET', p..'t:'..id, 'fence') ~= fence or redis.call('SISMEMBER', p..'h', id) == 0 then return 0 end
free(p, id)
redis.call('DEL', p..'l:'..id)
redis.call('HDEL', p..'t:'..id, 'fence')
redis.call('ZADD', p..'w', redis.call('HGET', p..'t:'..id, 'seq'), id)
return 1
`

/** id, fence, result */
export const FINISH = `${FREE}
local p, id, fence, result = unpack(ARGV)
if redis.call('HGET', p..'t:'..id, 'fence') ~= fence or redis.call('HEXISTS', p..'r', id) == 1 then return 0 end
redis.call('HSET', p..'r', id, result)
free(p, id)
redis.call('ZREM', p..'w', id)
redis.call('DEL', p..'l:'..id)
return 1
`

/** id */
export const REMOVE = `${FREE}
local p, id = unpack(ARGV)
free(p, id)
redis.call('ZREM', p..'w', id)
redis.call('HDEL', p..'r', id)
return redis.call('DEL', p..'t:'..id, p..'l:'..id)
`
