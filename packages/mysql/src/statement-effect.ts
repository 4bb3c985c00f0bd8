// What a statement can leave behind in the session, as far as its text tells. In doubt it is `session`: that costs a reset, the
// other mistake would cost the next borrower's trust.

export type StatementEffect =
  /** Nothing, or a transaction, which the server's status tells of. */
  | 'none'
  /** Variables, locks, temporary tables, prepared statements. */
  | 'session'
  /** The default schema too, which a reset of the session does not bring back. */
  | 'schema'
  /** The characteristics of the next transaction, which `begin` uses up. */
  | 'nextTransaction'
  | 'begin';

const OPENING = String.raw`^[\s(]*(?:/\*(?![!M])[^*]*\*/[\s(]*)*`;

const opens = (words: string): RegExp => new RegExp(`${OPENING}(?:${words})`, 'i');

/** The last packet of a write carries the server's word on changes of the session, also on those by triggers and functions. */
const WRITES = opens(
  String.raw`(?:insert|update|delete|replace|commit|rollback|savepoint|release\s+savepoint|truncate|create\s+(?:database|schema)|` +
    String.raw`(?:create|drop|alter)\s+(?:or\s+replace\s+)?(?:table|(?:unique\s+)?index|view))\b`,
);
/** That of a read does not, on MySQL: what it calls must be known. */
const READS = opens(String.raw`(?:select|with|values|table|show|explain|desc|describe|do)\b`);

const OTHERS: readonly (readonly [RegExp, StatementEffect])[] = [
  [opens(String.raw`begin(?:\s+work)?\s*;?\s*$|start\s+transaction\b`), 'begin'],
  [opens(String.raw`use\b|(?:drop|alter)\s+(?:database|schema)\b`), 'schema'],
  [opens(String.raw`set\s+transaction\b`), 'nextTransaction'],
];

/** Assignments and locks within a statement that is harmless otherwise. Executable comments can hide anything. */
const SUSPECT = /:=|\binto[\s(]*(?:@|\/\*|--|#)|get_\w*locks?\b|\/\*[!M]/i;
const CALL = /(\.\s*)?([a-z_$\u0080-\uffff][\w$\u0080-\uffff]*)[`\s]*\(/gi;

/** Longer texts are not read: a reset costs less. */
const LONGEST = 1_048_576;

/** @param isSeveral whether one text may hold several statements */
export function effectOf(sql: string, isSeveral: boolean): StatementEffect {
  if (sql.length > LONGEST || (isSeveral && sql.includes(';')) || SUSPECT.test(sql)) return 'session';
  if (READS.test(sql)) return callsUnknown(sql) ? 'session' : 'none';
  if (WRITES.test(sql)) return 'none';
  return OTHERS.find(([pattern]) => pattern.test(sql))?.[1] ?? 'session';
}

/** Nothing of it could have happened, if its connection is lost. */
export function isRead(sql: string): boolean {
  return effectOf(sql, true) === 'none' && READS.test(sql) && !/\bfor\s+update\b/i.test(sql);
}

function callsUnknown(sql: string): boolean {
  if (!sql.includes('(')) return false;
  for (const [, schema, name] of sql.matchAll(CALL)) {
    // With a schema it is a stored function, whatever its name.
    if (schema !== undefined || !HARMLESS.has(name!.toLowerCase())) return true;
  }
  return false;
}

/** Words before a parenthesis that change no session: functions of the server, and syntax. */
const HARMLESS: ReadonlySet<string> = new Set(
  `all and any as between by case cross distinct else end except exists filter for from full group having in index inner
   intersect interval into is join key lateral left like limit not of offset on or order outer over partition recursive
   right row rows select some straight_join table then union using values when where window with xor
   binary bigint char character datetime decimal double float int integer json numeric signed time unsigned varchar year date
   abs ceil ceiling floor round truncate mod pow power sqrt sign rand greatest least ln log log2 log10 exp pi degrees radians
   sin cos tan asin acos atan atan2 crc32 conv hex unhex bin oct bit_count
   avg count sum min max std stddev stddev_pop stddev_samp variance var_pop var_samp group_concat bit_and bit_or bit_xor
   any_value json_arrayagg json_objectagg grouping
   row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value
   coalesce if ifnull nullif isnull nvl nvl2 cast convert field elt find_in_set
   concat concat_ws lower lcase upper ucase length char_length character_length octet_length bit_length substr substring mid
   substring_index trim ltrim rtrim lpad rpad repeat replace reverse insert instr locate position ascii ord space format quote
   strcmp soundex to_base64 from_base64 md5 sha sha1 sha2 aes_encrypt aes_decrypt compress uncompress uuid uuid_short
   uuid_to_bin bin_to_uuid is_uuid inet_aton inet_ntoa inet6_aton inet6_ntoa weight_string collation charset coercibility
   regexp_like regexp_replace regexp_substr regexp_instr match against
   now sysdate curdate current_date curtime current_time current_timestamp localtime localtimestamp utc_date utc_time
   utc_timestamp unix_timestamp from_unixtime date_add date_sub adddate subdate addtime subtime datediff timediff
   timestampdiff timestampadd timestamp date_format time_format str_to_date day dayname dayofmonth dayofweek dayofyear
   extract hour last_day makedate maketime microsecond minute month monthname quarter second sec_to_time time_to_sec
   to_days to_seconds from_days week weekday weekofyear yearweek period_add period_diff convert_tz
   json_array json_object json_extract json_unquote json_quote json_contains json_contains_path json_keys json_length
   json_depth json_type json_valid json_search json_set json_insert json_replace json_remove json_merge_patch
   json_merge_preserve json_array_append json_array_insert json_table json_value json_overlaps json_pretty json_exists
   database schema user current_user session_user system_user version connection_id last_insert_id row_count found_rows
   sleep benchmark is_free_lock is_used_lock release_lock release_all_locks
   st_astext st_asgeojson st_geomfromtext st_distance st_distance_sphere st_contains st_within st_x st_y point
   max_execution_time set_var`
    .split(/\s+/)
    .filter(Boolean),
);
