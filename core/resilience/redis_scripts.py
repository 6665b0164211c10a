"""The record of a source in Redis: one hash, changed by scripts alone. Times are milliseconds of Redis itself.

Every change of state takes the generation `max(stored + 1, known + 1, TIME)`: it never goes back, not after the key
expired, nor after a flush, a restart or an older snapshot. Whatever is refused leaves the key as it is, its expiry too.
A clock that stands before the time of writing was put back, and nobody knows how much of a wait is left: an open window
counts as over, so that none is ever extended. The lease of a probe begins anew when the next one is asked for, which is
the one refusal that writes, so that no second probe is out.
A request that Redis reads long after it was sent (it was paused, or busy) does nothing: its sender gave up.
"""

LATE_MS = 500
"""The bound of a request, in `redis_link`."""

_READ = """
local function read(key, now)
  local kept = redis.call('HMGET', key, 'state', 'generation', 'until', 'probe', 'probe_until', 'written')
  local r = {state = kept[1] or 'closed', generation = tonumber(kept[2] or 0), ends = tonumber(kept[3] or 0),
             probe = kept[4] or '', probe_ends = tonumber(kept[5] or 0), there = kept[1]}
  local written = tonumber(kept[6] or 0)
  r.back, r.wait = now < written, 0
  if r.back then r.ends, r.probe_ends = now, now + r.probe_ends - written end
  if r.state == 'open' then r.wait = math.max(0, r.ends - now) end
  if r.state == 'half_open' and r.probe ~= '' then r.wait = math.max(0, r.probe_ends - now) end
  return r
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""

# ARGV: source, channel, keep_ms, known, sent (0: the sender does not know Redis' clock), then what each script names.
_CHANGE = (
    _READ
    + """
local r = read(KEYS[1], now)
local known, sent = tonumber(ARGV[4]), tonumber(ARGV[5])
local function answer(done) return {done, r.state, r.generation, r.wait, now} end
local function whole(number) return string.format('%.0f', number) end
local function move(state, window)
  r.state, r.generation = state, math.max(r.generation + 1, known + 1, now)
  r.ends, r.probe, r.probe_ends, r.wait = now + window, '', 0, window
end
local function keep()
  redis.call('HSET', KEYS[1], 'state', r.state, 'generation', whole(r.generation), 'until', whole(r.ends),
             'probe', r.probe, 'probe_until', whole(r.probe_ends), 'written', whole(now))
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  redis.call('PUBLISH', ARGV[2], table.concat({ARGV[1], r.state, whole(r.generation), whole(r.wait)}, ' '))
  return answer(1)
end
"""
    + f"if sent > 0 and now - sent > {LATE_MS} then return answer(-1) end\n"
)

VIEW = (
    _READ
    + """
local found = {now}
for i, key in ipairs(KEYS) do
  local r = read(key, now)
  if r.there then table.insert(found, {i, r.state, r.generation, r.wait}) end
end
return found
"""
)

# 6: probe, 7: lease_ms
LEASE = (
    _CHANGE
    + """
if r.state == 'closed' and r.generation > known then return answer(0) end
if r.wait > 0 then
  if r.back then redis.call('HSET', KEYS[1], 'probe_until', whole(r.probe_ends), 'written', whole(now)) end
  return answer(0)
end
if r.state ~= 'half_open' or r.generation < known then move('half_open', 0) end
r.probe, r.wait = ARGV[6], tonumber(ARGV[7])
r.probe_ends = now + r.wait
return keep()
"""
)

# 6: probe, 7: the state that it becomes, 8: open_ms; known is the generation of the lease
SETTLE = (
    _CHANGE
    + """
if r.generation ~= known then return answer(0) end
if r.probe ~= ARGV[6] then return answer(0) end
if ARGV[7] == 'half_open' then r.probe, r.probe_ends, r.wait = '', 0, 0
elseif ARGV[7] == 'open' then move('open', tonumber(ARGV[8]))
else move('closed', 0) end
return keep()
"""
)

# 6: open_ms
TRIP = (
    _CHANGE
    + """
if r.generation > known then return answer(0) end
if r.wait > 0 then return answer(0) end
move('open', tonumber(ARGV[6]))
return keep()
"""
)

RESET = (
    _CHANGE
    + """
if r.state == 'closed' or r.generation > known then return answer(0) end
move('closed', 0)
return keep()
"""
)
