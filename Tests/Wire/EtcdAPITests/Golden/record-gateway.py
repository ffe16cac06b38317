#!/usr/bin/env python3
"""Asks the JSON gateway of a real etcd many questions and writes down its answers.

    record-gateway.py ETCD > gateway.json        (ETCD: the path of a 3.5 binary)

The questions are of three kinds: good requests (their replies are golden data), texts that are not JSON or not
what a field can hold (the words of the refusals are golden data), and things between the two that one would not
guess. Identifiers and revisions are those of the run.
"""
import json, subprocess, sys, tempfile, time, urllib.error, urllib.request

CLIENT, PEER = "http://127.0.0.1:31479", "http://127.0.0.1:31480"
R, T, P, U, W = "/v3/kv/range", "/v3/kv/txn", "/v3/kv/put", "/v3/auth/user/add", "/v3/watch"

QUESTIONS = [
    # Good requests, in the order of a small story.
    (P, '{"key":"Zm9v","value":"YmFy"}'), (P, '{"key":"Zm9v","value":"/+8=","prev_kv":true}'),
    (P, '{"key":"Zm9v","value":"","prevKv":true}'), (P, '{"key":"","value":"YmFy"}'), (P, '{"key":"YQ==","lease":"5"}'),
    (R, '{"key":"Zm9v"}'), (R, '{"key":"Zm9v","revision":"2"}'), (R, '{"key":"AA==","range_end":"AA==","limit":1}'),
    (R, '{"key":"AA==","rangeEnd":"AA==","sortOrder":"DESCEND","sort_target":"VALUE","keys_only":true}'),
    (R, '{"key":"AA==","range_end":"AA==","count_only":true}'), (R, '{"key":"Zm9v","revision":100}'),
    (T, '{"compare":[{"key":"Zm9v","modRevision":"5","target":"MOD"}],"success":[{"request_range":{"key":"Zm9v"}}],'
        '"failure":[{"requestPut":{"key":"YQ=="}},{"request_range":{"key":"YQ=="}},'
        '{"request_delete_range":{"key":"YQ==","prev_kv":true}},'
        '{"request_txn":{"compare":[{"key":"bm8=","target":"CREATE","create_revision":0}],'
        '"success":[{"request_range":{"key":"Zm9v"}}]}}]}'),
    (T, '{}'), (T, '{"compare":[{"key":"Zm9v","result":"NOT_EQUAL","target":"VALUE","value":"YmFy"}]}'),
    ("/v3/kv/deleterange", '{"key":"Zm9v","prev_kv":true}'), ("/v3/kv/deleterange", '{"key":"Zm9v"}'),
    ("/v3/kv/compaction", '{"revision":3,"physical":true}'), ("/v3/kv/compaction", '{"revision":"3"}'),
    ("/v3/lease/grant", '{"TTL":100,"ID":77}'), ("/v3/lease/grant", '{"TTL":"100","ID":"77"}'),
    ("/v3/lease/timetolive", '{"ID":77,"keys":true}'), ("/v3/kv/lease/timetolive", '{"ID":78}'),
    ("/v3/lease/leases", ''), ("/v3/lease/keepalive", '{"ID":77}{"ID":"78"}\n {"ID":-1}'),
    ("/v3/lease/keepalive", '{"ID":77}{"ID":'), ("/v3/lease/keepalive", '{"ID":77} x'),
    ("/v3/lease/revoke", '{"ID":77}'), ("/v3/lease/revoke", '{"ID":77}'),
    ("/v3/cluster/member/list", '{}'), ("/v3/maintenance/status", '{}'), ("/v3/maintenance/hash", ' '),
    ("/v3/maintenance/alarm", '{"action":"ACTIVATE","memberID":"5","alarm":"NOSPACE"}'),
    ("/v3/maintenance/alarm", '{}'), ("/v3/maintenance/alarm", '{"action":2,"memberID":5,"alarm":1}'),
    ("/v3/maintenance/defragment", '{}'), ("/v3/maintenance/transfer-leadership", '{"targetID":"1"}'),
    ("/v3/auth/status", '{}'), (U, '{"name":"root","password":"x"}'), (U, '{"name":"root","password":"x"}'),
    (U, '{"name":"a<b>&\\u2028\\u0001\\"\\\\/\\t\\b\\f \\u00e9 \\ud83d\\ude00","password":"x"}'),
    (U, b'{"name":"\x80z\\ud800y\\udc00\x7f\xc3\\ud83d\\u0041","password":"x"}'),
    (U, '{"name":"tls","options":{"no_password":true}}'), ("/v3/auth/user/list", '{}'),
    ("/v3/auth/user/get", '{"name":"tls"}'), ("/v3/auth/user/get", '{"name":"nobody<>"}'),
    ("/v3/auth/role/add", '{"name":"r"}'),
    ("/v3/auth/role/grant", '{"name":"r","perm":{"permType":"READWRITE","key":"Zm9v","rangeEnd":"AA=="}}'),
    ("/v3/auth/role/grant", '{"name":"r","perm":{"permType":7,"key":"Zm9x"}}'),
    ("/v3/auth/role/grant", '{"name":"r","perm":{"permType":-1,"key":"Zm9y"}}'),
    ("/v3/auth/role/get", '{"role":"r"}'), ("/v3/auth/role/list", '{}'),
    ("/v3/auth/authenticate", '{"name":"root","password":"x"}'),
    ("/v3/lock/lock", '{"name":"bA=="}'), ("/v3/lock/unlock", '{}'),
    ("/v3/election/campaign", '{"name":"ZQ==","value":"dg=="}'), ("/v3/election/leader", '{"name":"ZQ=="}'),
    ("/v3/election/leader", '{"name":"YQ=="}'), ("/v3/election/proclaim", '{}'),
    (W, '{"create_request":{"key":"AA==","range_end":"AA==","start_revision":"4","prev_kv":true}}'),
    (W, '{"create_request":{"key":"YQ==","watch_id":5,"filters":["NOPUT",1,null]}}{"cancelRequest":{"watch_id":5}}'
        '{"progress_request":{}}'),
    (W, '{"create_request":{"key":"YQ==","start_revision":1}}'),
    (W, '{"create_request":{"key":"!"}}'), (W, '{"create_request":{"key":"Zm9v","filters":"NOPUT"}}'),
    (W, '{"create_request":{"key":"Zm9v","filters":["X"]}}'), (W, '{"create'),

    # Names, null, unknown fields, both spellings, twice the same.
    (P, '{"key":"Zm9v","prev_kv":true,"prevKv":false}'), (P, '{"key":"Zm9v","prevKv":false,"prev_kv":true}'),
    (P, '{"key":"Zm9v","prevKv":null,"prev_kv":true}'), (P, '{"key":"Zm9v","value":null}'),
    (R, '{"key":"Zm9v","nope":{"a":[1,{"b":"}"}]}}'), (R, '{"Key":"Zm9v"}'), (R, '{"key":"Zm9v","key":"YQ=="}'),
    (R, '{"ke\\u0079":"YQ=="}'), (R, 'null'), (R, ''), (R, '  \n'), (R, '{"key":"Zm9v"} trailing'), (R, 'nullx'),
    (T, '{"compare":[{"key":"Zm9v","version":"1","mod_revision":"5"}]}'), (T, '{"compare":null,"success":[null]}'),
    (T, '{"success":[{"request_range":null}]}'),
    (T, '{"success":[{"request_range":{"key":"Zm9v"},"request_put":{"key":"YQ=="}}]}'),
    (T, '{"success":[{"request_range":{"key":5},"request_put":{"key":"YQ=="}}]}'),

    # Numbers.
    *[(P, '{"key":"Zm9v","lease":%s}' % n) for n in (
        '"0"', '0', '-0', '1.0', '1e0', '" 0"', '""', '"abc"', '9223372036854775807', '-9223372036854775808',
        '9223372036854775808', 'null', '"null"', '"0 2"', '"-"', '"01"', '01', '-', '"\\u0030"', 'true', '"true"', '[]',
        '{}', '"{}"', '"[1"', '"1.5"', '"tru"', '"1."', '"1e"', '"\\"0\\""', '+1', '0x1', '"0\\n"', '.5', '"\t0"')],
    (T, '{"compare":[{"key":"YQ==","result":"GREATER"}]}'), (T, '{"compare":[{"key":"YQ==","result":1}]}'),
    *[(T, '{"compare":[{"key":"YQ==","result":%s}]}' % n) for n in (
        '77', '"1"', '"NOPE"', '"\\u0047REATER"', '""', 'null', '1.5', 'true', '99999999999', '-1', '{}', '"A\\nB"',
        '"greater"', '"\u00e9\u2028"')],
    *[("/v3/maintenance/alarm", '{"memberID":%s}' % n) for n in ('18446744073709551615', '18446744073709551616', '-1',
        '"-1"', '-0', '1.0')],
    *[(R, '{"key":"YQ==","serializable":%s}' % n) for n in ('true', 'false', 'null', '"true"', '1', '[]', '{}')],

    # Bytes and texts.
    *[(R, '{"key":%s}' % n) for n in (
        '"Y"', '"YQ"', '"YQ="', '"YQ=="', '"YQ==YQ=="', '"YR=="', '"Zm9vYQ"', '"Zm9v!Q=="', '"Zm=v"', '"Zm9vYQ=x"',
        '"===="', '"YQ= ="', '"YQ=\\n="', '"YQ==\\n"', '"Zm9vZm9vYWJjZGVmZ!=="', '"\u00e9"', '"YQ==\\r\\nx"', '"\\r\\n"', '"_-8"',
        '"/+8"', '"Y\\nQ"', '"YQ=\\n"', '"Y="', '"="', '5', 'true', '{}', '[256]', '[null,"a"]', '[1.5]', '[-1]', '[97]',
        '[97,null,98]', '[[]]', 'nul')],
    *[("/v3/auth/user/get", '{"name":%s}' % n) for n in ('5', 'null', '[]', '{}', 'true', '"\\ud800x"')],
    (U, '{"name":"o","password":"x","options":[]}'), (U, '{"name":"o","options":5}'), (U, '{"name":"o","options":"x"}'),
    (T, '{"compare":{}}'), (T, '{"compare":"x"}'), (T, '{"compare":[5]}'), (T, '{"compare":5}'),

    # Not JSON.
    *[(R, n) for n in (
        '[]', '5', 'true', '"x"', '{', '{"a"', '{"a":', '{"a":"b', '{"key":"Zm9v"', '{"key":"Zm9v",}', '{key:"Zm9v"}',
        'tru', '}', '{"a" 1}', '{"a":1 "b"}', '[1 2]', '[1,]', '[', '[1', '{"a":nul}', '{"a":1.}', '{"a":1e}', '{"a":1e+}',
        '{"a":-}', '{"a":-a}', '{"a":+1}', '{"a":00}', '{"a":1.2.3}', "{'a':1}", '{"a":1,"a"}', '{"a":[1,]}', '{,}', '{"a":}',
        '{"a":,}', '{"a":"\\x"}', '{"a":"\\u12g4"}', '{"a":"\\u12', '{"a":"\\', '{"a":"\x01"}', '{"a":\x01}', '{"a":\x7f}', '{"a":\\}',
        '{"a":\x0b}', '{"a":\x07}', '{"a":\x08}', '{"a":\x0c}', '-', '1.', '1e', '"', '\u00e9', '{"a":\u00e9}', '{"a":\u00a0}', '/', "'", '{"a":1/2}')],
    *[(R, n) for n in (b'{"a":\x80}', b'{"a":\xad}', b'{"a":\xa0}', b'{"a":\xa1}', b'{"a":\xff}', b'{"a":"\x80"}', b'\xef\xbb\xbf{}')],
    (R, '{"a":"\n"}'), (R, '{"a":"\t"}'),
    (R, '{"a":' + '[' * 9999 + ']' * 9999 + ',"key":"YQ=="}'), (R, '{"a":' + '[' * 10000 + ']' * 10000 + '}'),
]


def ask(path, body):
    """The status and as much of the reply as comes within a second or two."""
    text = body if isinstance(body, bytes) else body.encode()
    with tempfile.NamedTemporaryFile() as file:
        file.write(text)
        file.flush()
        answer = subprocess.run(
            ["curl", "-s", "-N", "-m", "3" if "watch" not in path else "0.7", "-X", "POST", "-w", "\n%{http_code}",
             "--data-binary", "@" + file.name, CLIENT + path], stdout=subprocess.PIPE).stdout
    reply, _, status = answer.rpartition(b"\n")
    row = {"path": path}
    try:
        row["body"] = text.decode()
    except UnicodeDecodeError:
        row["body_hex"] = text.hex()
    if len(text) > 5000:
        # A row of brackets; the test makes it again.
        row["body"] = "%d brackets" % text.count(b"[")
    row["status"], row["reply"] = int(status), reply.decode()
    return row


def main():
    with tempfile.TemporaryDirectory() as folder:
        etcd = subprocess.Popen(
            [sys.argv[1], "--data-dir", folder + "/data", "--listen-client-urls", CLIENT, "--advertise-client-urls",
             CLIENT, "--listen-peer-urls", PEER, "--initial-advertise-peer-urls", PEER, "--initial-cluster",
             "default=" + PEER, "--log-level", "fatal"], stderr=subprocess.DEVNULL)
        try:
            for _ in range(100):
                try:
                    urllib.request.urlopen(CLIENT + "/health")
                    break
                except OSError:
                    time.sleep(0.1)
            json.dump([ask(*question) for question in QUESTIONS], sys.stdout, indent=1, ensure_ascii=True)
            print()
        finally:
            etcd.terminate()
            etcd.wait()


main()
