// EtcdAPISchema.swift: the messages of EtcdAPI as tables.
//
// Made by MessageGenerator from the files in Protos; change those instead. What the tables are good for is
// said in Protobuf/Schema.swift.

package import Protobuf

/// Every message, enum and call of EtcdAPI, as tables.
package enum EtcdAPISchema {
    /// All messages.
    package static let messages: [MessageSchema] = [
        authEnableRequestRow,
        authDisableRequestRow,
        authStatusRequestRow,
        authenticateRequestRow,
        authUserAddRequestRow,
        authUserGetRequestRow,
        authUserDeleteRequestRow,
        authUserChangePasswordRequestRow,
        authUserGrantRoleRequestRow,
        authUserRevokeRoleRequestRow,
        authRoleAddRequestRow,
        authRoleGetRequestRow,
        authUserListRequestRow,
        authRoleListRequestRow,
        authRoleDeleteRequestRow,
        authRoleGrantPermissionRequestRow,
        authRoleRevokePermissionRequestRow,
        authEnableResponseRow,
        authDisableResponseRow,
        authStatusResponseRow,
        authenticateResponseRow,
        authUserAddResponseRow,
        authUserGetResponseRow,
        authUserDeleteResponseRow,
        authUserChangePasswordResponseRow,
        authUserGrantRoleResponseRow,
        authUserRevokeRoleResponseRow,
        authRoleAddResponseRow,
        authRoleGetResponseRow,
        authRoleListResponseRow,
        authUserListResponseRow,
        authRoleDeleteResponseRow,
        authRoleGrantPermissionResponseRow,
        authRoleRevokePermissionResponseRow,
        clusterMemberRow,
        memberAddRequestRow,
        memberAddResponseRow,
        memberRemoveRequestRow,
        memberRemoveResponseRow,
        memberUpdateRequestRow,
        memberUpdateResponseRow,
        memberListRequestRow,
        memberListResponseRow,
        memberPromoteRequestRow,
        memberPromoteResponseRow,
        campaignRequestRow,
        campaignResponseRow,
        leaderKeyRow,
        leaderRequestRow,
        leaderResponseRow,
        resignRequestRow,
        resignResponseRow,
        proclaimRequestRow,
        proclaimResponseRow,
        responseHeaderRow,
        healthCheckRequestRow,
        healthCheckResponseRow,
        requestHeaderRow,
        internalRaftRequestRow,
        internalAuthenticateRequestRow,
        keyValueRow,
        eventRow,
        rangeRequestRow,
        rangeResponseRow,
        rangeStreamResponseRow,
        putRequestRow,
        putResponseRow,
        deleteRangeRequestRow,
        deleteRangeResponseRow,
        requestOpRow,
        responseOpRow,
        compareRow,
        txnRequestRow,
        txnResponseRow,
        compactionRequestRow,
        compactionResponseRow,
        leaseGrantRequestRow,
        leaseGrantResponseRow,
        leaseRevokeRequestRow,
        leaseRevokeResponseRow,
        leaseCheckpointRow,
        leaseCheckpointRequestRow,
        leaseCheckpointResponseRow,
        leaseKeepAliveRequestRow,
        leaseKeepAliveResponseRow,
        leaseTimeToLiveRequestRow,
        leaseTimeToLiveResponseRow,
        leaseLeasesRequestRow,
        leaseStatusRow,
        leaseLeasesResponseRow,
        lockRequestRow,
        lockResponseRow,
        unlockRequestRow,
        unlockResponseRow,
        alarmRequestRow,
        alarmResponseRow,
        alarmMemberRow,
        downgradeRequestRow,
        downgradeResponseRow,
        downgradeVersionTestRequestRow,
        downgradeInfoRow,
        statusRequestRow,
        statusResponseRow,
        defragmentRequestRow,
        defragmentResponseRow,
        hashRequestRow,
        hashResponseRow,
        hashKVRequestRow,
        hashKVResponseRow,
        snapshotRequestRow,
        snapshotResponseRow,
        moveLeaderRequestRow,
        moveLeaderResponseRow,
        raftAttributesRow,
        memberAttributesRow,
        memberRecordRow,
        clusterVersionSetRequestRow,
        clusterMemberAttrSetRequestRow,
        downgradeInfoSetRequestRow,
        userAddOptionsRow,
        authUserRow,
        authPermissionRow,
        authRoleRow,
        storedLeaseRow,
        leaseInternalRequestRow,
        leaseInternalResponseRow,
        v2RequestRow,
        watchRequestRow,
        watchCreateRequestRow,
        watchCancelRequestRow,
        watchProgressRequestRow,
        watchResponseRow,
    ]

    /// All enums.
    package static let enums: [EnumSchema] = [
        healthCheckResponseServingStatusRow,
        eventEventTypeRow,
        rangeRequestSortOrderRow,
        rangeRequestSortTargetRow,
        compareCompareResultRow,
        compareCompareTargetRow,
        alarmTypeRow,
        alarmRequestAlarmActionRow,
        downgradeRequestDowngradeActionRow,
        authPermissionKindRow,
        watchCreateRequestFilterTypeRow,
    ]

    /// Decoding and encoding of every message.
    package static let codecs: [MessageCodec] = [
        MessageCodec("etcdserverpb.AuthEnableRequest", AuthEnableRequest.self),
        MessageCodec("etcdserverpb.AuthDisableRequest", AuthDisableRequest.self),
        MessageCodec("etcdserverpb.AuthStatusRequest", AuthStatusRequest.self),
        MessageCodec("etcdserverpb.AuthenticateRequest", AuthenticateRequest.self),
        MessageCodec("etcdserverpb.AuthUserAddRequest", AuthUserAddRequest.self),
        MessageCodec("etcdserverpb.AuthUserGetRequest", AuthUserGetRequest.self),
        MessageCodec("etcdserverpb.AuthUserDeleteRequest", AuthUserDeleteRequest.self),
        MessageCodec("etcdserverpb.AuthUserChangePasswordRequest", AuthUserChangePasswordRequest.self),
        MessageCodec("etcdserverpb.AuthUserGrantRoleRequest", AuthUserGrantRoleRequest.self),
        MessageCodec("etcdserverpb.AuthUserRevokeRoleRequest", AuthUserRevokeRoleRequest.self),
        MessageCodec("etcdserverpb.AuthRoleAddRequest", AuthRoleAddRequest.self),
        MessageCodec("etcdserverpb.AuthRoleGetRequest", AuthRoleGetRequest.self),
        MessageCodec("etcdserverpb.AuthUserListRequest", AuthUserListRequest.self),
        MessageCodec("etcdserverpb.AuthRoleListRequest", AuthRoleListRequest.self),
        MessageCodec("etcdserverpb.AuthRoleDeleteRequest", AuthRoleDeleteRequest.self),
        MessageCodec("etcdserverpb.AuthRoleGrantPermissionRequest", AuthRoleGrantPermissionRequest.self),
        MessageCodec("etcdserverpb.AuthRoleRevokePermissionRequest", AuthRoleRevokePermissionRequest.self),
        MessageCodec("etcdserverpb.AuthEnableResponse", AuthEnableResponse.self),
        MessageCodec("etcdserverpb.AuthDisableResponse", AuthDisableResponse.self),
        MessageCodec("etcdserverpb.AuthStatusResponse", AuthStatusResponse.self),
        MessageCodec("etcdserverpb.AuthenticateResponse", AuthenticateResponse.self),
        MessageCodec("etcdserverpb.AuthUserAddResponse", AuthUserAddResponse.self),
        MessageCodec("etcdserverpb.AuthUserGetResponse", AuthUserGetResponse.self),
        MessageCodec("etcdserverpb.AuthUserDeleteResponse", AuthUserDeleteResponse.self),
        MessageCodec("etcdserverpb.AuthUserChangePasswordResponse", AuthUserChangePasswordResponse.self),
        MessageCodec("etcdserverpb.AuthUserGrantRoleResponse", AuthUserGrantRoleResponse.self),
        MessageCodec("etcdserverpb.AuthUserRevokeRoleResponse", AuthUserRevokeRoleResponse.self),
        MessageCodec("etcdserverpb.AuthRoleAddResponse", AuthRoleAddResponse.self),
        MessageCodec("etcdserverpb.AuthRoleGetResponse", AuthRoleGetResponse.self),
        MessageCodec("etcdserverpb.AuthRoleListResponse", AuthRoleListResponse.self),
        MessageCodec("etcdserverpb.AuthUserListResponse", AuthUserListResponse.self),
        MessageCodec("etcdserverpb.AuthRoleDeleteResponse", AuthRoleDeleteResponse.self),
        MessageCodec("etcdserverpb.AuthRoleGrantPermissionResponse", AuthRoleGrantPermissionResponse.self),
        MessageCodec("etcdserverpb.AuthRoleRevokePermissionResponse", AuthRoleRevokePermissionResponse.self),
        MessageCodec("etcdserverpb.Member", ClusterMember.self),
        MessageCodec("etcdserverpb.MemberAddRequest", MemberAddRequest.self),
        MessageCodec("etcdserverpb.MemberAddResponse", MemberAddResponse.self),
        MessageCodec("etcdserverpb.MemberRemoveRequest", MemberRemoveRequest.self),
        MessageCodec("etcdserverpb.MemberRemoveResponse", MemberRemoveResponse.self),
        MessageCodec("etcdserverpb.MemberUpdateRequest", MemberUpdateRequest.self),
        MessageCodec("etcdserverpb.MemberUpdateResponse", MemberUpdateResponse.self),
        MessageCodec("etcdserverpb.MemberListRequest", MemberListRequest.self),
        MessageCodec("etcdserverpb.MemberListResponse", MemberListResponse.self),
        MessageCodec("etcdserverpb.MemberPromoteRequest", MemberPromoteRequest.self),
        MessageCodec("etcdserverpb.MemberPromoteResponse", MemberPromoteResponse.self),
        MessageCodec("v3electionpb.CampaignRequest", CampaignRequest.self),
        MessageCodec("v3electionpb.CampaignResponse", CampaignResponse.self),
        MessageCodec("v3electionpb.LeaderKey", LeaderKey.self),
        MessageCodec("v3electionpb.LeaderRequest", LeaderRequest.self),
        MessageCodec("v3electionpb.LeaderResponse", LeaderResponse.self),
        MessageCodec("v3electionpb.ResignRequest", ResignRequest.self),
        MessageCodec("v3electionpb.ResignResponse", ResignResponse.self),
        MessageCodec("v3electionpb.ProclaimRequest", ProclaimRequest.self),
        MessageCodec("v3electionpb.ProclaimResponse", ProclaimResponse.self),
        MessageCodec(viewed: "etcdserverpb.ResponseHeader", ResponseHeader.self),
        MessageCodec("grpc.health.v1.HealthCheckRequest", HealthCheckRequest.self),
        MessageCodec("grpc.health.v1.HealthCheckResponse", HealthCheckResponse.self),
        MessageCodec("etcdserverpb.RequestHeader", RequestHeader.self),
        MessageCodec("etcdserverpb.InternalRaftRequest", InternalRaftRequest.self),
        MessageCodec("etcdserverpb.InternalAuthenticateRequest", InternalAuthenticateRequest.self),
        MessageCodec(viewed: "mvccpb.KeyValue", KeyValue.self),
        MessageCodec(viewed: "mvccpb.Event", Event.self),
        MessageCodec(viewed: "etcdserverpb.RangeRequest", RangeRequest.self),
        MessageCodec(viewed: "etcdserverpb.RangeResponse", RangeResponse.self),
        MessageCodec("etcdserverpb.RangeStreamResponse", RangeStreamResponse.self),
        MessageCodec(viewed: "etcdserverpb.PutRequest", PutRequest.self),
        MessageCodec(viewed: "etcdserverpb.PutResponse", PutResponse.self),
        MessageCodec(viewed: "etcdserverpb.DeleteRangeRequest", DeleteRangeRequest.self),
        MessageCodec(viewed: "etcdserverpb.DeleteRangeResponse", DeleteRangeResponse.self),
        MessageCodec(viewed: "etcdserverpb.RequestOp", RequestOp.self),
        MessageCodec(viewed: "etcdserverpb.ResponseOp", ResponseOp.self),
        MessageCodec(viewed: "etcdserverpb.Compare", Compare.self),
        MessageCodec(viewed: "etcdserverpb.TxnRequest", TxnRequest.self),
        MessageCodec(viewed: "etcdserverpb.TxnResponse", TxnResponse.self),
        MessageCodec("etcdserverpb.CompactionRequest", CompactionRequest.self),
        MessageCodec("etcdserverpb.CompactionResponse", CompactionResponse.self),
        MessageCodec("etcdserverpb.LeaseGrantRequest", LeaseGrantRequest.self),
        MessageCodec("etcdserverpb.LeaseGrantResponse", LeaseGrantResponse.self),
        MessageCodec("etcdserverpb.LeaseRevokeRequest", LeaseRevokeRequest.self),
        MessageCodec("etcdserverpb.LeaseRevokeResponse", LeaseRevokeResponse.self),
        MessageCodec("etcdserverpb.LeaseCheckpoint", LeaseCheckpoint.self),
        MessageCodec("etcdserverpb.LeaseCheckpointRequest", LeaseCheckpointRequest.self),
        MessageCodec("etcdserverpb.LeaseCheckpointResponse", LeaseCheckpointResponse.self),
        MessageCodec("etcdserverpb.LeaseKeepAliveRequest", LeaseKeepAliveRequest.self),
        MessageCodec("etcdserverpb.LeaseKeepAliveResponse", LeaseKeepAliveResponse.self),
        MessageCodec("etcdserverpb.LeaseTimeToLiveRequest", LeaseTimeToLiveRequest.self),
        MessageCodec("etcdserverpb.LeaseTimeToLiveResponse", LeaseTimeToLiveResponse.self),
        MessageCodec("etcdserverpb.LeaseLeasesRequest", LeaseLeasesRequest.self),
        MessageCodec("etcdserverpb.LeaseStatus", LeaseStatus.self),
        MessageCodec("etcdserverpb.LeaseLeasesResponse", LeaseLeasesResponse.self),
        MessageCodec("v3lockpb.LockRequest", LockRequest.self),
        MessageCodec("v3lockpb.LockResponse", LockResponse.self),
        MessageCodec("v3lockpb.UnlockRequest", UnlockRequest.self),
        MessageCodec("v3lockpb.UnlockResponse", UnlockResponse.self),
        MessageCodec("etcdserverpb.AlarmRequest", AlarmRequest.self),
        MessageCodec("etcdserverpb.AlarmResponse", AlarmResponse.self),
        MessageCodec("etcdserverpb.AlarmMember", AlarmMember.self),
        MessageCodec("etcdserverpb.DowngradeRequest", DowngradeRequest.self),
        MessageCodec("etcdserverpb.DowngradeResponse", DowngradeResponse.self),
        MessageCodec("etcdserverpb.DowngradeVersionTestRequest", DowngradeVersionTestRequest.self),
        MessageCodec("etcdserverpb.DowngradeInfo", DowngradeInfo.self),
        MessageCodec("etcdserverpb.StatusRequest", StatusRequest.self),
        MessageCodec("etcdserverpb.StatusResponse", StatusResponse.self),
        MessageCodec("etcdserverpb.DefragmentRequest", DefragmentRequest.self),
        MessageCodec("etcdserverpb.DefragmentResponse", DefragmentResponse.self),
        MessageCodec("etcdserverpb.HashRequest", HashRequest.self),
        MessageCodec("etcdserverpb.HashResponse", HashResponse.self),
        MessageCodec("etcdserverpb.HashKVRequest", HashKVRequest.self),
        MessageCodec("etcdserverpb.HashKVResponse", HashKVResponse.self),
        MessageCodec("etcdserverpb.SnapshotRequest", SnapshotRequest.self),
        MessageCodec(viewed: "etcdserverpb.SnapshotResponse", SnapshotResponse.self),
        MessageCodec("etcdserverpb.MoveLeaderRequest", MoveLeaderRequest.self),
        MessageCodec("etcdserverpb.MoveLeaderResponse", MoveLeaderResponse.self),
        MessageCodec("membershippb.RaftAttributes", RaftAttributes.self),
        MessageCodec("membershippb.Attributes", MemberAttributes.self),
        MessageCodec("membershippb.Member", MemberRecord.self),
        MessageCodec("membershippb.ClusterVersionSetRequest", ClusterVersionSetRequest.self),
        MessageCodec("membershippb.ClusterMemberAttrSetRequest", ClusterMemberAttrSetRequest.self),
        MessageCodec("membershippb.DowngradeInfoSetRequest", DowngradeInfoSetRequest.self),
        MessageCodec("authpb.UserAddOptions", UserAddOptions.self),
        MessageCodec("authpb.User", AuthUser.self),
        MessageCodec("authpb.Permission", AuthPermission.self),
        MessageCodec("authpb.Role", AuthRole.self),
        MessageCodec("leasepb.Lease", StoredLease.self),
        MessageCodec("leasepb.LeaseInternalRequest", LeaseInternalRequest.self),
        MessageCodec("leasepb.LeaseInternalResponse", LeaseInternalResponse.self),
        MessageCodec("etcdserverpb.Request", V2Request.self),
        MessageCodec("etcdserverpb.WatchRequest", WatchRequest.self),
        MessageCodec("etcdserverpb.WatchCreateRequest", WatchCreateRequest.self),
        MessageCodec("etcdserverpb.WatchCancelRequest", WatchCancelRequest.self),
        MessageCodec("etcdserverpb.WatchProgressRequest", WatchProgressRequest.self),
        MessageCodec(viewed: "etcdserverpb.WatchResponse", WatchResponse.self),
    ]

    /// Every call of every service.
    package static let calls: [CallSchema] = [
        CallSchema(
            "/etcdserverpb.Auth/AuthEnable", .unary,
            request: "etcdserverpb.AuthEnableRequest",
            response: "etcdserverpb.AuthEnableResponse",
            gateway: ["/v3/auth/enable"]),
        CallSchema(
            "/etcdserverpb.Auth/AuthDisable", .unary,
            request: "etcdserverpb.AuthDisableRequest",
            response: "etcdserverpb.AuthDisableResponse",
            gateway: ["/v3/auth/disable"]),
        CallSchema(
            "/etcdserverpb.Auth/AuthStatus", .unary,
            request: "etcdserverpb.AuthStatusRequest",
            response: "etcdserverpb.AuthStatusResponse",
            gateway: ["/v3/auth/status"]),
        CallSchema(
            "/etcdserverpb.Auth/Authenticate", .unary,
            request: "etcdserverpb.AuthenticateRequest",
            response: "etcdserverpb.AuthenticateResponse",
            gateway: ["/v3/auth/authenticate"]),
        CallSchema(
            "/etcdserverpb.Auth/UserAdd", .unary,
            request: "etcdserverpb.AuthUserAddRequest",
            response: "etcdserverpb.AuthUserAddResponse",
            gateway: ["/v3/auth/user/add"]),
        CallSchema(
            "/etcdserverpb.Auth/UserGet", .unary,
            request: "etcdserverpb.AuthUserGetRequest",
            response: "etcdserverpb.AuthUserGetResponse",
            gateway: ["/v3/auth/user/get"]),
        CallSchema(
            "/etcdserverpb.Auth/UserList", .unary,
            request: "etcdserverpb.AuthUserListRequest",
            response: "etcdserverpb.AuthUserListResponse",
            gateway: ["/v3/auth/user/list"]),
        CallSchema(
            "/etcdserverpb.Auth/UserDelete", .unary,
            request: "etcdserverpb.AuthUserDeleteRequest",
            response: "etcdserverpb.AuthUserDeleteResponse",
            gateway: ["/v3/auth/user/delete"]),
        CallSchema(
            "/etcdserverpb.Auth/UserChangePassword", .unary,
            request: "etcdserverpb.AuthUserChangePasswordRequest",
            response: "etcdserverpb.AuthUserChangePasswordResponse",
            gateway: ["/v3/auth/user/changepw"]),
        CallSchema(
            "/etcdserverpb.Auth/UserGrantRole", .unary,
            request: "etcdserverpb.AuthUserGrantRoleRequest",
            response: "etcdserverpb.AuthUserGrantRoleResponse",
            gateway: ["/v3/auth/user/grant"]),
        CallSchema(
            "/etcdserverpb.Auth/UserRevokeRole", .unary,
            request: "etcdserverpb.AuthUserRevokeRoleRequest",
            response: "etcdserverpb.AuthUserRevokeRoleResponse",
            gateway: ["/v3/auth/user/revoke"]),
        CallSchema(
            "/etcdserverpb.Auth/RoleAdd", .unary,
            request: "etcdserverpb.AuthRoleAddRequest",
            response: "etcdserverpb.AuthRoleAddResponse",
            gateway: ["/v3/auth/role/add"]),
        CallSchema(
            "/etcdserverpb.Auth/RoleGet", .unary,
            request: "etcdserverpb.AuthRoleGetRequest",
            response: "etcdserverpb.AuthRoleGetResponse",
            gateway: ["/v3/auth/role/get"]),
        CallSchema(
            "/etcdserverpb.Auth/RoleList", .unary,
            request: "etcdserverpb.AuthRoleListRequest",
            response: "etcdserverpb.AuthRoleListResponse",
            gateway: ["/v3/auth/role/list"]),
        CallSchema(
            "/etcdserverpb.Auth/RoleDelete", .unary,
            request: "etcdserverpb.AuthRoleDeleteRequest",
            response: "etcdserverpb.AuthRoleDeleteResponse",
            gateway: ["/v3/auth/role/delete"]),
        CallSchema(
            "/etcdserverpb.Auth/RoleGrantPermission", .unary,
            request: "etcdserverpb.AuthRoleGrantPermissionRequest",
            response: "etcdserverpb.AuthRoleGrantPermissionResponse",
            gateway: ["/v3/auth/role/grant"]),
        CallSchema(
            "/etcdserverpb.Auth/RoleRevokePermission", .unary,
            request: "etcdserverpb.AuthRoleRevokePermissionRequest",
            response: "etcdserverpb.AuthRoleRevokePermissionResponse",
            gateway: ["/v3/auth/role/revoke"]),
        CallSchema(
            "/etcdserverpb.Cluster/MemberAdd", .unary,
            request: "etcdserverpb.MemberAddRequest",
            response: "etcdserverpb.MemberAddResponse",
            gateway: ["/v3/cluster/member/add"]),
        CallSchema(
            "/etcdserverpb.Cluster/MemberRemove", .unary,
            request: "etcdserverpb.MemberRemoveRequest",
            response: "etcdserverpb.MemberRemoveResponse",
            gateway: ["/v3/cluster/member/remove"]),
        CallSchema(
            "/etcdserverpb.Cluster/MemberUpdate", .unary,
            request: "etcdserverpb.MemberUpdateRequest",
            response: "etcdserverpb.MemberUpdateResponse",
            gateway: ["/v3/cluster/member/update"]),
        CallSchema(
            "/etcdserverpb.Cluster/MemberList", .unary,
            request: "etcdserverpb.MemberListRequest",
            response: "etcdserverpb.MemberListResponse",
            gateway: ["/v3/cluster/member/list"]),
        CallSchema(
            "/etcdserverpb.Cluster/MemberPromote", .unary,
            request: "etcdserverpb.MemberPromoteRequest",
            response: "etcdserverpb.MemberPromoteResponse",
            gateway: ["/v3/cluster/member/promote"]),
        CallSchema(
            "/v3electionpb.Election/Campaign", .unary,
            request: "v3electionpb.CampaignRequest",
            response: "v3electionpb.CampaignResponse",
            gateway: ["/v3/election/campaign"]),
        CallSchema(
            "/v3electionpb.Election/Proclaim", .unary,
            request: "v3electionpb.ProclaimRequest",
            response: "v3electionpb.ProclaimResponse",
            gateway: ["/v3/election/proclaim"]),
        CallSchema(
            "/v3electionpb.Election/Leader", .unary,
            request: "v3electionpb.LeaderRequest",
            response: "v3electionpb.LeaderResponse",
            gateway: ["/v3/election/leader"]),
        CallSchema(
            "/v3electionpb.Election/Observe", .serverStream,
            request: "v3electionpb.LeaderRequest",
            response: "v3electionpb.LeaderResponse",
            gateway: ["/v3/election/observe"]),
        CallSchema(
            "/v3electionpb.Election/Resign", .unary,
            request: "v3electionpb.ResignRequest",
            response: "v3electionpb.ResignResponse",
            gateway: ["/v3/election/resign"]),
        CallSchema(
            "/grpc.health.v1.Health/Check", .unary,
            request: "grpc.health.v1.HealthCheckRequest",
            response: "grpc.health.v1.HealthCheckResponse"),
        CallSchema(
            "/grpc.health.v1.Health/Watch", .serverStream,
            request: "grpc.health.v1.HealthCheckRequest",
            response: "grpc.health.v1.HealthCheckResponse"),
        CallSchema(
            "/etcdserverpb.KV/Range", .unary,
            request: "etcdserverpb.RangeRequest",
            response: "etcdserverpb.RangeResponse",
            gateway: ["/v3/kv/range"]),
        CallSchema(
            "/etcdserverpb.KV/Put", .unary,
            request: "etcdserverpb.PutRequest",
            response: "etcdserverpb.PutResponse",
            gateway: ["/v3/kv/put"]),
        CallSchema(
            "/etcdserverpb.KV/DeleteRange", .unary,
            request: "etcdserverpb.DeleteRangeRequest",
            response: "etcdserverpb.DeleteRangeResponse",
            gateway: ["/v3/kv/deleterange"]),
        CallSchema(
            "/etcdserverpb.KV/Txn", .unary,
            request: "etcdserverpb.TxnRequest",
            response: "etcdserverpb.TxnResponse",
            gateway: ["/v3/kv/txn"]),
        CallSchema(
            "/etcdserverpb.KV/Compact", .unary,
            request: "etcdserverpb.CompactionRequest",
            response: "etcdserverpb.CompactionResponse",
            gateway: ["/v3/kv/compaction"]),
        CallSchema(
            "/etcdserverpb.KV/RangeStream", .serverStream,
            request: "etcdserverpb.RangeRequest",
            response: "etcdserverpb.RangeStreamResponse"),
        CallSchema(
            "/etcdserverpb.Lease/LeaseGrant", .unary,
            request: "etcdserverpb.LeaseGrantRequest",
            response: "etcdserverpb.LeaseGrantResponse",
            gateway: ["/v3/lease/grant"]),
        CallSchema(
            "/etcdserverpb.Lease/LeaseRevoke", .unary,
            request: "etcdserverpb.LeaseRevokeRequest",
            response: "etcdserverpb.LeaseRevokeResponse",
            gateway: ["/v3/lease/revoke", "/v3/kv/lease/revoke"]),
        CallSchema(
            "/etcdserverpb.Lease/LeaseKeepAlive", .bidirectional,
            request: "etcdserverpb.LeaseKeepAliveRequest",
            response: "etcdserverpb.LeaseKeepAliveResponse",
            gateway: ["/v3/lease/keepalive"]),
        CallSchema(
            "/etcdserverpb.Lease/LeaseTimeToLive", .unary,
            request: "etcdserverpb.LeaseTimeToLiveRequest",
            response: "etcdserverpb.LeaseTimeToLiveResponse",
            gateway: ["/v3/lease/timetolive", "/v3/kv/lease/timetolive"]),
        CallSchema(
            "/etcdserverpb.Lease/LeaseLeases", .unary,
            request: "etcdserverpb.LeaseLeasesRequest",
            response: "etcdserverpb.LeaseLeasesResponse",
            gateway: ["/v3/lease/leases", "/v3/kv/lease/leases"]),
        CallSchema(
            "/v3lockpb.Lock/Lock", .unary,
            request: "v3lockpb.LockRequest",
            response: "v3lockpb.LockResponse",
            gateway: ["/v3/lock/lock"]),
        CallSchema(
            "/v3lockpb.Lock/Unlock", .unary,
            request: "v3lockpb.UnlockRequest",
            response: "v3lockpb.UnlockResponse",
            gateway: ["/v3/lock/unlock"]),
        CallSchema(
            "/etcdserverpb.Maintenance/Alarm", .unary,
            request: "etcdserverpb.AlarmRequest",
            response: "etcdserverpb.AlarmResponse",
            gateway: ["/v3/maintenance/alarm"]),
        CallSchema(
            "/etcdserverpb.Maintenance/Status", .unary,
            request: "etcdserverpb.StatusRequest",
            response: "etcdserverpb.StatusResponse",
            gateway: ["/v3/maintenance/status"]),
        CallSchema(
            "/etcdserverpb.Maintenance/Defragment", .unary,
            request: "etcdserverpb.DefragmentRequest",
            response: "etcdserverpb.DefragmentResponse",
            gateway: ["/v3/maintenance/defragment"]),
        CallSchema(
            "/etcdserverpb.Maintenance/Hash", .unary,
            request: "etcdserverpb.HashRequest",
            response: "etcdserverpb.HashResponse",
            gateway: ["/v3/maintenance/hash"]),
        CallSchema(
            "/etcdserverpb.Maintenance/HashKV", .unary,
            request: "etcdserverpb.HashKVRequest",
            response: "etcdserverpb.HashKVResponse",
            gateway: ["/v3/maintenance/hashkv"]),
        CallSchema(
            "/etcdserverpb.Maintenance/Snapshot", .serverStream,
            request: "etcdserverpb.SnapshotRequest",
            response: "etcdserverpb.SnapshotResponse",
            gateway: ["/v3/maintenance/snapshot"]),
        CallSchema(
            "/etcdserverpb.Maintenance/MoveLeader", .unary,
            request: "etcdserverpb.MoveLeaderRequest",
            response: "etcdserverpb.MoveLeaderResponse",
            gateway: ["/v3/maintenance/transfer-leadership"]),
        CallSchema(
            "/etcdserverpb.Maintenance/Downgrade", .unary,
            request: "etcdserverpb.DowngradeRequest",
            response: "etcdserverpb.DowngradeResponse",
            gateway: ["/v3/maintenance/downgrade"]),
        CallSchema(
            "/etcdserverpb.Watch/Watch", .bidirectional,
            request: "etcdserverpb.WatchRequest",
            response: "etcdserverpb.WatchResponse",
            gateway: ["/v3/watch"]),
    ]

    private static let authEnableRequestRow = MessageSchema("etcdserverpb.AuthEnableRequest", [])

    private static let authDisableRequestRow = MessageSchema("etcdserverpb.AuthDisableRequest", [])

    private static let authStatusRequestRow = MessageSchema("etcdserverpb.AuthStatusRequest", [])

    private static let authenticateRequestRow = MessageSchema(
        "etcdserverpb.AuthenticateRequest",
        [
            FieldSchema(1, "name", .string, .implicit),
            FieldSchema(2, "password", .string, .implicit),
        ])

    private static let authUserAddRequestRow = MessageSchema(
        "etcdserverpb.AuthUserAddRequest",
        [
            FieldSchema(1, "name", .string, .implicit),
            FieldSchema(2, "password", .string, .implicit),
            FieldSchema(3, "options", .message("authpb.UserAddOptions"), .optional),
            FieldSchema(4, "hashedPassword", .string, .implicit),
        ])

    private static let authUserGetRequestRow = MessageSchema(
        "etcdserverpb.AuthUserGetRequest",
        [
            FieldSchema(1, "name", .string, .implicit)
        ])

    private static let authUserDeleteRequestRow = MessageSchema(
        "etcdserverpb.AuthUserDeleteRequest",
        [
            FieldSchema(1, "name", .string, .implicit)
        ])

    private static let authUserChangePasswordRequestRow = MessageSchema(
        "etcdserverpb.AuthUserChangePasswordRequest",
        [
            FieldSchema(1, "name", .string, .implicit),
            FieldSchema(2, "password", .string, .implicit),
            FieldSchema(3, "hashedPassword", .string, .implicit),
        ])

    private static let authUserGrantRoleRequestRow = MessageSchema(
        "etcdserverpb.AuthUserGrantRoleRequest",
        [
            FieldSchema(1, "user", .string, .implicit),
            FieldSchema(2, "role", .string, .implicit),
        ])

    private static let authUserRevokeRoleRequestRow = MessageSchema(
        "etcdserverpb.AuthUserRevokeRoleRequest",
        [
            FieldSchema(1, "name", .string, .implicit),
            FieldSchema(2, "role", .string, .implicit),
        ])

    private static let authRoleAddRequestRow = MessageSchema(
        "etcdserverpb.AuthRoleAddRequest",
        [
            FieldSchema(1, "name", .string, .implicit)
        ])

    private static let authRoleGetRequestRow = MessageSchema(
        "etcdserverpb.AuthRoleGetRequest",
        [
            FieldSchema(1, "role", .string, .implicit)
        ])

    private static let authUserListRequestRow = MessageSchema("etcdserverpb.AuthUserListRequest", [])

    private static let authRoleListRequestRow = MessageSchema("etcdserverpb.AuthRoleListRequest", [])

    private static let authRoleDeleteRequestRow = MessageSchema(
        "etcdserverpb.AuthRoleDeleteRequest",
        [
            FieldSchema(1, "role", .string, .implicit)
        ])

    private static let authRoleGrantPermissionRequestRow = MessageSchema(
        "etcdserverpb.AuthRoleGrantPermissionRequest",
        [
            FieldSchema(1, "name", .string, .implicit),
            FieldSchema(2, "perm", .message("authpb.Permission"), .optional),
        ])

    private static let authRoleRevokePermissionRequestRow = MessageSchema(
        "etcdserverpb.AuthRoleRevokePermissionRequest",
        [
            FieldSchema(1, "role", .string, .implicit),
            FieldSchema(2, "key", .bytes, .implicit),
            FieldSchema(3, "range_end", json: "rangeEnd", .bytes, .implicit),
        ])

    private static let authEnableResponseRow = MessageSchema(
        "etcdserverpb.AuthEnableResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional)
        ])

    private static let authDisableResponseRow = MessageSchema(
        "etcdserverpb.AuthDisableResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional)
        ])

    private static let authStatusResponseRow = MessageSchema(
        "etcdserverpb.AuthStatusResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "enabled", .bool, .implicit),
            FieldSchema(3, "authRevision", .uint64, .implicit),
        ])

    private static let authenticateResponseRow = MessageSchema(
        "etcdserverpb.AuthenticateResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "token", .string, .implicit),
        ])

    private static let authUserAddResponseRow = MessageSchema(
        "etcdserverpb.AuthUserAddResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional)
        ])

    private static let authUserGetResponseRow = MessageSchema(
        "etcdserverpb.AuthUserGetResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "roles", .string, .repeated),
        ])

    private static let authUserDeleteResponseRow = MessageSchema(
        "etcdserverpb.AuthUserDeleteResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional)
        ])

    private static let authUserChangePasswordResponseRow = MessageSchema(
        "etcdserverpb.AuthUserChangePasswordResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional)
        ])

    private static let authUserGrantRoleResponseRow = MessageSchema(
        "etcdserverpb.AuthUserGrantRoleResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional)
        ])

    private static let authUserRevokeRoleResponseRow = MessageSchema(
        "etcdserverpb.AuthUserRevokeRoleResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional)
        ])

    private static let authRoleAddResponseRow = MessageSchema(
        "etcdserverpb.AuthRoleAddResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional)
        ])

    private static let authRoleGetResponseRow = MessageSchema(
        "etcdserverpb.AuthRoleGetResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "perm", .message("authpb.Permission"), .repeated),
        ])

    private static let authRoleListResponseRow = MessageSchema(
        "etcdserverpb.AuthRoleListResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "roles", .string, .repeated),
        ])

    private static let authUserListResponseRow = MessageSchema(
        "etcdserverpb.AuthUserListResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "users", .string, .repeated),
        ])

    private static let authRoleDeleteResponseRow = MessageSchema(
        "etcdserverpb.AuthRoleDeleteResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional)
        ])

    private static let authRoleGrantPermissionResponseRow = MessageSchema(
        "etcdserverpb.AuthRoleGrantPermissionResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional)
        ])

    private static let authRoleRevokePermissionResponseRow = MessageSchema(
        "etcdserverpb.AuthRoleRevokePermissionResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional)
        ])

    private static let clusterMemberRow = MessageSchema(
        "etcdserverpb.Member",
        [
            FieldSchema(1, "ID", .uint64, .implicit),
            FieldSchema(2, "name", .string, .implicit),
            FieldSchema(3, "peerURLs", .string, .repeated),
            FieldSchema(4, "clientURLs", .string, .repeated),
            FieldSchema(5, "isLearner", .bool, .implicit),
        ])

    private static let memberAddRequestRow = MessageSchema(
        "etcdserverpb.MemberAddRequest",
        [
            FieldSchema(1, "peerURLs", .string, .repeated),
            FieldSchema(2, "isLearner", .bool, .implicit),
        ])

    private static let memberAddResponseRow = MessageSchema(
        "etcdserverpb.MemberAddResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "member", .message("etcdserverpb.Member"), .optional),
            FieldSchema(3, "members", .message("etcdserverpb.Member"), .repeated),
        ])

    private static let memberRemoveRequestRow = MessageSchema(
        "etcdserverpb.MemberRemoveRequest",
        [
            FieldSchema(1, "ID", .uint64, .implicit)
        ])

    private static let memberRemoveResponseRow = MessageSchema(
        "etcdserverpb.MemberRemoveResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "members", .message("etcdserverpb.Member"), .repeated),
        ])

    private static let memberUpdateRequestRow = MessageSchema(
        "etcdserverpb.MemberUpdateRequest",
        [
            FieldSchema(1, "ID", .uint64, .implicit),
            FieldSchema(2, "peerURLs", .string, .repeated),
        ])

    private static let memberUpdateResponseRow = MessageSchema(
        "etcdserverpb.MemberUpdateResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "members", .message("etcdserverpb.Member"), .repeated),
        ])

    private static let memberListRequestRow = MessageSchema(
        "etcdserverpb.MemberListRequest",
        [
            FieldSchema(1, "linearizable", .bool, .implicit)
        ])

    private static let memberListResponseRow = MessageSchema(
        "etcdserverpb.MemberListResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "members", .message("etcdserverpb.Member"), .repeated),
        ])

    private static let memberPromoteRequestRow = MessageSchema(
        "etcdserverpb.MemberPromoteRequest",
        [
            FieldSchema(1, "ID", .uint64, .implicit)
        ])

    private static let memberPromoteResponseRow = MessageSchema(
        "etcdserverpb.MemberPromoteResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "members", .message("etcdserverpb.Member"), .repeated),
        ])

    private static let campaignRequestRow = MessageSchema(
        "v3electionpb.CampaignRequest",
        [
            FieldSchema(1, "name", .bytes, .implicit),
            FieldSchema(2, "lease", .int64, .implicit),
            FieldSchema(3, "value", .bytes, .implicit),
        ])

    private static let campaignResponseRow = MessageSchema(
        "v3electionpb.CampaignResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "leader", .message("v3electionpb.LeaderKey"), .optional),
        ])

    private static let leaderKeyRow = MessageSchema(
        "v3electionpb.LeaderKey",
        [
            FieldSchema(1, "name", .bytes, .implicit),
            FieldSchema(2, "key", .bytes, .implicit),
            FieldSchema(3, "rev", .int64, .implicit),
            FieldSchema(4, "lease", .int64, .implicit),
        ])

    private static let leaderRequestRow = MessageSchema(
        "v3electionpb.LeaderRequest",
        [
            FieldSchema(1, "name", .bytes, .implicit)
        ])

    private static let leaderResponseRow = MessageSchema(
        "v3electionpb.LeaderResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "kv", .message("mvccpb.KeyValue"), .optional),
        ])

    private static let resignRequestRow = MessageSchema(
        "v3electionpb.ResignRequest",
        [
            FieldSchema(1, "leader", .message("v3electionpb.LeaderKey"), .optional)
        ])

    private static let resignResponseRow = MessageSchema(
        "v3electionpb.ResignResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional)
        ])

    private static let proclaimRequestRow = MessageSchema(
        "v3electionpb.ProclaimRequest",
        [
            FieldSchema(1, "leader", .message("v3electionpb.LeaderKey"), .optional),
            FieldSchema(2, "value", .bytes, .implicit),
        ])

    private static let proclaimResponseRow = MessageSchema(
        "v3electionpb.ProclaimResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional)
        ])

    private static let responseHeaderRow = MessageSchema(
        "etcdserverpb.ResponseHeader",
        [
            FieldSchema(1, "cluster_id", json: "clusterId", .uint64, .implicit),
            FieldSchema(2, "member_id", json: "memberId", .uint64, .implicit),
            FieldSchema(3, "revision", .int64, .implicit),
            FieldSchema(4, "raft_term", json: "raftTerm", .uint64, .implicit),
        ])

    private static let healthCheckRequestRow = MessageSchema(
        "grpc.health.v1.HealthCheckRequest",
        [
            FieldSchema(1, "service", .string, .implicit)
        ])

    private static let healthCheckResponseRow = MessageSchema(
        "grpc.health.v1.HealthCheckResponse",
        [
            FieldSchema(1, "status", .enumeration("grpc.health.v1.HealthCheckResponse.ServingStatus"), .implicit)
        ])

    private static let requestHeaderRow = MessageSchema(
        "etcdserverpb.RequestHeader",
        [
            FieldSchema(1, "ID", .uint64, .implicit),
            FieldSchema(2, "username", .string, .implicit),
            FieldSchema(3, "auth_revision", json: "authRevision", .uint64, .implicit),
        ])

    private static let internalRaftRequestRow = MessageSchema(
        "etcdserverpb.InternalRaftRequest",
        [
            FieldSchema(1, "ID", .uint64, .implicit),
            FieldSchema(2, "v2", .message("etcdserverpb.Request"), .optional, oneof: "command"),
            FieldSchema(3, "range", .message("etcdserverpb.RangeRequest"), .optional, oneof: "command"),
            FieldSchema(4, "put", .message("etcdserverpb.PutRequest"), .optional, oneof: "command"),
            FieldSchema(
                5, "delete_range", json: "deleteRange",
                .message("etcdserverpb.DeleteRangeRequest"), .optional, oneof: "command"),
            FieldSchema(6, "txn", .message("etcdserverpb.TxnRequest"), .optional, oneof: "command"),
            FieldSchema(7, "compaction", .message("etcdserverpb.CompactionRequest"), .optional, oneof: "command"),
            FieldSchema(
                8, "lease_grant", json: "leaseGrant",
                .message("etcdserverpb.LeaseGrantRequest"), .optional, oneof: "command"),
            FieldSchema(
                9, "lease_revoke", json: "leaseRevoke",
                .message("etcdserverpb.LeaseRevokeRequest"), .optional, oneof: "command"),
            FieldSchema(10, "alarm", .message("etcdserverpb.AlarmRequest"), .optional, oneof: "command"),
            FieldSchema(
                11, "lease_checkpoint", json: "leaseCheckpoint",
                .message("etcdserverpb.LeaseCheckpointRequest"), .optional, oneof: "command"),
            FieldSchema(100, "header", .message("etcdserverpb.RequestHeader"), .optional),
            FieldSchema(
                1000, "auth_enable", json: "authEnable",
                .message("etcdserverpb.AuthEnableRequest"), .optional, oneof: "command"),
            FieldSchema(
                1011, "auth_disable", json: "authDisable",
                .message("etcdserverpb.AuthDisableRequest"), .optional, oneof: "command"),
            FieldSchema(
                1012, "authenticate",
                .message("etcdserverpb.InternalAuthenticateRequest"), .optional, oneof: "command"),
            FieldSchema(
                1013, "auth_status", json: "authStatus",
                .message("etcdserverpb.AuthStatusRequest"), .optional, oneof: "command"),
            FieldSchema(
                1100, "auth_user_add", json: "authUserAdd",
                .message("etcdserverpb.AuthUserAddRequest"), .optional, oneof: "command"),
            FieldSchema(
                1101, "auth_user_delete", json: "authUserDelete",
                .message("etcdserverpb.AuthUserDeleteRequest"), .optional, oneof: "command"),
            FieldSchema(
                1102, "auth_user_get", json: "authUserGet",
                .message("etcdserverpb.AuthUserGetRequest"), .optional, oneof: "command"),
            FieldSchema(
                1103, "auth_user_change_password", json: "authUserChangePassword",
                .message("etcdserverpb.AuthUserChangePasswordRequest"), .optional, oneof: "command"),
            FieldSchema(
                1104, "auth_user_grant_role", json: "authUserGrantRole",
                .message("etcdserverpb.AuthUserGrantRoleRequest"), .optional, oneof: "command"),
            FieldSchema(
                1105, "auth_user_revoke_role", json: "authUserRevokeRole",
                .message("etcdserverpb.AuthUserRevokeRoleRequest"), .optional, oneof: "command"),
            FieldSchema(
                1106, "auth_user_list", json: "authUserList",
                .message("etcdserverpb.AuthUserListRequest"), .optional, oneof: "command"),
            FieldSchema(
                1107, "auth_role_list", json: "authRoleList",
                .message("etcdserverpb.AuthRoleListRequest"), .optional, oneof: "command"),
            FieldSchema(
                1200, "auth_role_add", json: "authRoleAdd",
                .message("etcdserverpb.AuthRoleAddRequest"), .optional, oneof: "command"),
            FieldSchema(
                1201, "auth_role_delete", json: "authRoleDelete",
                .message("etcdserverpb.AuthRoleDeleteRequest"), .optional, oneof: "command"),
            FieldSchema(
                1202, "auth_role_get", json: "authRoleGet",
                .message("etcdserverpb.AuthRoleGetRequest"), .optional, oneof: "command"),
            FieldSchema(
                1203, "auth_role_grant_permission", json: "authRoleGrantPermission",
                .message("etcdserverpb.AuthRoleGrantPermissionRequest"), .optional, oneof: "command"),
            FieldSchema(
                1204, "auth_role_revoke_permission", json: "authRoleRevokePermission",
                .message("etcdserverpb.AuthRoleRevokePermissionRequest"), .optional, oneof: "command"),
            FieldSchema(
                1300, "cluster_version_set", json: "clusterVersionSet",
                .message("membershippb.ClusterVersionSetRequest"), .optional, oneof: "command"),
            FieldSchema(
                1301, "cluster_member_attr_set", json: "clusterMemberAttrSet",
                .message("membershippb.ClusterMemberAttrSetRequest"), .optional, oneof: "command"),
            FieldSchema(
                1302, "downgrade_info_set", json: "downgradeInfoSet",
                .message("membershippb.DowngradeInfoSetRequest"), .optional, oneof: "command"),
            FieldSchema(
                9900, "downgrade_version_test", json: "downgradeVersionTest",
                .message("etcdserverpb.DowngradeVersionTestRequest"), .optional, oneof: "command"),
        ])

    private static let internalAuthenticateRequestRow = MessageSchema(
        "etcdserverpb.InternalAuthenticateRequest",
        [
            FieldSchema(1, "name", .string, .implicit),
            FieldSchema(2, "password", .string, .implicit),
            FieldSchema(3, "simple_token", json: "simpleToken", .string, .implicit),
        ])

    private static let keyValueRow = MessageSchema(
        "mvccpb.KeyValue",
        [
            FieldSchema(1, "key", .bytes, .implicit),
            FieldSchema(2, "create_revision", json: "createRevision", .int64, .implicit),
            FieldSchema(3, "mod_revision", json: "modRevision", .int64, .implicit),
            FieldSchema(4, "version", .int64, .implicit),
            FieldSchema(5, "value", .bytes, .implicit),
            FieldSchema(6, "lease", .int64, .implicit),
        ])

    private static let eventRow = MessageSchema(
        "mvccpb.Event",
        [
            FieldSchema(1, "type", .enumeration("mvccpb.Event.EventType"), .implicit),
            FieldSchema(2, "kv", .message("mvccpb.KeyValue"), .optional),
            FieldSchema(3, "prev_kv", json: "prevKv", .message("mvccpb.KeyValue"), .optional),
        ])

    private static let rangeRequestRow = MessageSchema(
        "etcdserverpb.RangeRequest",
        [
            FieldSchema(1, "key", .bytes, .implicit),
            FieldSchema(2, "range_end", json: "rangeEnd", .bytes, .implicit),
            FieldSchema(3, "limit", .int64, .implicit),
            FieldSchema(4, "revision", .int64, .implicit),
            FieldSchema(
                5, "sort_order", json: "sortOrder",
                .enumeration("etcdserverpb.RangeRequest.SortOrder"), .implicit),
            FieldSchema(
                6, "sort_target", json: "sortTarget",
                .enumeration("etcdserverpb.RangeRequest.SortTarget"), .implicit),
            FieldSchema(7, "serializable", .bool, .implicit),
            FieldSchema(8, "keys_only", json: "keysOnly", .bool, .implicit),
            FieldSchema(9, "count_only", json: "countOnly", .bool, .implicit),
            FieldSchema(10, "min_mod_revision", json: "minModRevision", .int64, .implicit),
            FieldSchema(11, "max_mod_revision", json: "maxModRevision", .int64, .implicit),
            FieldSchema(12, "min_create_revision", json: "minCreateRevision", .int64, .implicit),
            FieldSchema(13, "max_create_revision", json: "maxCreateRevision", .int64, .implicit),
        ])

    private static let rangeResponseRow = MessageSchema(
        "etcdserverpb.RangeResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "kvs", .message("mvccpb.KeyValue"), .repeated),
            FieldSchema(3, "more", .bool, .implicit),
            FieldSchema(4, "count", .int64, .implicit),
        ])

    private static let rangeStreamResponseRow = MessageSchema(
        "etcdserverpb.RangeStreamResponse",
        [
            FieldSchema(1, "range_response", json: "rangeResponse", .message("etcdserverpb.RangeResponse"), .optional)
        ])

    private static let putRequestRow = MessageSchema(
        "etcdserverpb.PutRequest",
        [
            FieldSchema(1, "key", .bytes, .implicit),
            FieldSchema(2, "value", .bytes, .implicit),
            FieldSchema(3, "lease", .int64, .implicit),
            FieldSchema(4, "prev_kv", json: "prevKv", .bool, .implicit),
            FieldSchema(5, "ignore_value", json: "ignoreValue", .bool, .implicit),
            FieldSchema(6, "ignore_lease", json: "ignoreLease", .bool, .implicit),
        ])

    private static let putResponseRow = MessageSchema(
        "etcdserverpb.PutResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "prev_kv", json: "prevKv", .message("mvccpb.KeyValue"), .optional),
        ])

    private static let deleteRangeRequestRow = MessageSchema(
        "etcdserverpb.DeleteRangeRequest",
        [
            FieldSchema(1, "key", .bytes, .implicit),
            FieldSchema(2, "range_end", json: "rangeEnd", .bytes, .implicit),
            FieldSchema(3, "prev_kv", json: "prevKv", .bool, .implicit),
        ])

    private static let deleteRangeResponseRow = MessageSchema(
        "etcdserverpb.DeleteRangeResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "deleted", .int64, .implicit),
            FieldSchema(3, "prev_kvs", json: "prevKvs", .message("mvccpb.KeyValue"), .repeated),
        ])

    private static let requestOpRow = MessageSchema(
        "etcdserverpb.RequestOp",
        [
            FieldSchema(
                1, "request_range", json: "requestRange",
                .message("etcdserverpb.RangeRequest"), .optional, oneof: "request"),
            FieldSchema(
                2, "request_put", json: "requestPut",
                .message("etcdserverpb.PutRequest"), .optional, oneof: "request"),
            FieldSchema(
                3, "request_delete_range", json: "requestDeleteRange",
                .message("etcdserverpb.DeleteRangeRequest"), .optional, oneof: "request"),
            FieldSchema(
                4, "request_txn", json: "requestTxn",
                .message("etcdserverpb.TxnRequest"), .optional, oneof: "request"),
        ])

    private static let responseOpRow = MessageSchema(
        "etcdserverpb.ResponseOp",
        [
            FieldSchema(
                1, "response_range", json: "responseRange",
                .message("etcdserverpb.RangeResponse"), .optional, oneof: "response"),
            FieldSchema(
                2, "response_put", json: "responsePut",
                .message("etcdserverpb.PutResponse"), .optional, oneof: "response"),
            FieldSchema(
                3, "response_delete_range", json: "responseDeleteRange",
                .message("etcdserverpb.DeleteRangeResponse"), .optional, oneof: "response"),
            FieldSchema(
                4, "response_txn", json: "responseTxn",
                .message("etcdserverpb.TxnResponse"), .optional, oneof: "response"),
        ])

    private static let compareRow = MessageSchema(
        "etcdserverpb.Compare",
        [
            FieldSchema(1, "result", .enumeration("etcdserverpb.Compare.CompareResult"), .implicit),
            FieldSchema(2, "target", .enumeration("etcdserverpb.Compare.CompareTarget"), .implicit),
            FieldSchema(3, "key", .bytes, .implicit),
            FieldSchema(4, "version", .int64, .optional, oneof: "target_union"),
            FieldSchema(5, "create_revision", json: "createRevision", .int64, .optional, oneof: "target_union"),
            FieldSchema(6, "mod_revision", json: "modRevision", .int64, .optional, oneof: "target_union"),
            FieldSchema(7, "value", .bytes, .optional, oneof: "target_union"),
            FieldSchema(8, "lease", .int64, .optional, oneof: "target_union"),
            FieldSchema(64, "range_end", json: "rangeEnd", .bytes, .implicit),
        ])

    private static let txnRequestRow = MessageSchema(
        "etcdserverpb.TxnRequest",
        [
            FieldSchema(1, "compare", .message("etcdserverpb.Compare"), .repeated),
            FieldSchema(2, "success", .message("etcdserverpb.RequestOp"), .repeated),
            FieldSchema(3, "failure", .message("etcdserverpb.RequestOp"), .repeated),
        ])

    private static let txnResponseRow = MessageSchema(
        "etcdserverpb.TxnResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "succeeded", .bool, .implicit),
            FieldSchema(3, "responses", .message("etcdserverpb.ResponseOp"), .repeated),
        ])

    private static let compactionRequestRow = MessageSchema(
        "etcdserverpb.CompactionRequest",
        [
            FieldSchema(1, "revision", .int64, .implicit),
            FieldSchema(2, "physical", .bool, .implicit),
        ])

    private static let compactionResponseRow = MessageSchema(
        "etcdserverpb.CompactionResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional)
        ])

    private static let leaseGrantRequestRow = MessageSchema(
        "etcdserverpb.LeaseGrantRequest",
        [
            FieldSchema(1, "TTL", .int64, .implicit),
            FieldSchema(2, "ID", .int64, .implicit),
        ])

    private static let leaseGrantResponseRow = MessageSchema(
        "etcdserverpb.LeaseGrantResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "ID", .int64, .implicit),
            FieldSchema(3, "TTL", .int64, .implicit),
            FieldSchema(4, "error", .string, .implicit),
        ])

    private static let leaseRevokeRequestRow = MessageSchema(
        "etcdserverpb.LeaseRevokeRequest",
        [
            FieldSchema(1, "ID", .int64, .implicit)
        ])

    private static let leaseRevokeResponseRow = MessageSchema(
        "etcdserverpb.LeaseRevokeResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional)
        ])

    private static let leaseCheckpointRow = MessageSchema(
        "etcdserverpb.LeaseCheckpoint",
        [
            FieldSchema(1, "ID", .int64, .implicit),
            FieldSchema(2, "remaining_TTL", json: "remainingTTL", .int64, .implicit),
        ])

    private static let leaseCheckpointRequestRow = MessageSchema(
        "etcdserverpb.LeaseCheckpointRequest",
        [
            FieldSchema(1, "checkpoints", .message("etcdserverpb.LeaseCheckpoint"), .repeated)
        ])

    private static let leaseCheckpointResponseRow = MessageSchema(
        "etcdserverpb.LeaseCheckpointResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional)
        ])

    private static let leaseKeepAliveRequestRow = MessageSchema(
        "etcdserverpb.LeaseKeepAliveRequest",
        [
            FieldSchema(1, "ID", .int64, .implicit)
        ])

    private static let leaseKeepAliveResponseRow = MessageSchema(
        "etcdserverpb.LeaseKeepAliveResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "ID", .int64, .implicit),
            FieldSchema(3, "TTL", .int64, .implicit),
        ])

    private static let leaseTimeToLiveRequestRow = MessageSchema(
        "etcdserverpb.LeaseTimeToLiveRequest",
        [
            FieldSchema(1, "ID", .int64, .implicit),
            FieldSchema(2, "keys", .bool, .implicit),
        ])

    private static let leaseTimeToLiveResponseRow = MessageSchema(
        "etcdserverpb.LeaseTimeToLiveResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "ID", .int64, .implicit),
            FieldSchema(3, "TTL", .int64, .implicit),
            FieldSchema(4, "grantedTTL", .int64, .implicit),
            FieldSchema(5, "keys", .bytes, .repeated),
        ])

    private static let leaseLeasesRequestRow = MessageSchema("etcdserverpb.LeaseLeasesRequest", [])

    private static let leaseStatusRow = MessageSchema(
        "etcdserverpb.LeaseStatus",
        [
            FieldSchema(1, "ID", .int64, .implicit)
        ])

    private static let leaseLeasesResponseRow = MessageSchema(
        "etcdserverpb.LeaseLeasesResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "leases", .message("etcdserverpb.LeaseStatus"), .repeated),
        ])

    private static let lockRequestRow = MessageSchema(
        "v3lockpb.LockRequest",
        [
            FieldSchema(1, "name", .bytes, .implicit),
            FieldSchema(2, "lease", .int64, .implicit),
        ])

    private static let lockResponseRow = MessageSchema(
        "v3lockpb.LockResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "key", .bytes, .implicit),
        ])

    private static let unlockRequestRow = MessageSchema(
        "v3lockpb.UnlockRequest",
        [
            FieldSchema(1, "key", .bytes, .implicit)
        ])

    private static let unlockResponseRow = MessageSchema(
        "v3lockpb.UnlockResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional)
        ])

    private static let alarmRequestRow = MessageSchema(
        "etcdserverpb.AlarmRequest",
        [
            FieldSchema(1, "action", .enumeration("etcdserverpb.AlarmRequest.AlarmAction"), .implicit),
            FieldSchema(2, "memberID", .uint64, .implicit),
            FieldSchema(3, "alarm", .enumeration("etcdserverpb.AlarmType"), .implicit),
        ])

    private static let alarmResponseRow = MessageSchema(
        "etcdserverpb.AlarmResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "alarms", .message("etcdserverpb.AlarmMember"), .repeated),
        ])

    private static let alarmMemberRow = MessageSchema(
        "etcdserverpb.AlarmMember",
        [
            FieldSchema(1, "memberID", .uint64, .implicit),
            FieldSchema(2, "alarm", .enumeration("etcdserverpb.AlarmType"), .implicit),
        ])

    private static let downgradeRequestRow = MessageSchema(
        "etcdserverpb.DowngradeRequest",
        [
            FieldSchema(1, "action", .enumeration("etcdserverpb.DowngradeRequest.DowngradeAction"), .implicit),
            FieldSchema(2, "version", .string, .implicit),
        ])

    private static let downgradeResponseRow = MessageSchema(
        "etcdserverpb.DowngradeResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "version", .string, .implicit),
        ])

    private static let downgradeVersionTestRequestRow = MessageSchema(
        "etcdserverpb.DowngradeVersionTestRequest",
        [
            FieldSchema(1, "ver", .string, .implicit)
        ])

    private static let downgradeInfoRow = MessageSchema(
        "etcdserverpb.DowngradeInfo",
        [
            FieldSchema(1, "enabled", .bool, .implicit),
            FieldSchema(2, "targetVersion", .string, .implicit),
        ])

    private static let statusRequestRow = MessageSchema("etcdserverpb.StatusRequest", [])

    private static let statusResponseRow = MessageSchema(
        "etcdserverpb.StatusResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "version", .string, .implicit),
            FieldSchema(3, "dbSize", .int64, .implicit),
            FieldSchema(4, "leader", .uint64, .implicit),
            FieldSchema(5, "raftIndex", .uint64, .implicit),
            FieldSchema(6, "raftTerm", .uint64, .implicit),
            FieldSchema(7, "raftAppliedIndex", .uint64, .implicit),
            FieldSchema(8, "errors", .string, .repeated),
            FieldSchema(9, "dbSizeInUse", .int64, .implicit),
            FieldSchema(10, "isLearner", .bool, .implicit),
            FieldSchema(11, "storageVersion", .string, .implicit),
            FieldSchema(12, "dbSizeQuota", .int64, .implicit),
            FieldSchema(13, "downgradeInfo", .message("etcdserverpb.DowngradeInfo"), .optional),
        ])

    private static let defragmentRequestRow = MessageSchema("etcdserverpb.DefragmentRequest", [])

    private static let defragmentResponseRow = MessageSchema(
        "etcdserverpb.DefragmentResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional)
        ])

    private static let hashRequestRow = MessageSchema("etcdserverpb.HashRequest", [])

    private static let hashResponseRow = MessageSchema(
        "etcdserverpb.HashResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "hash", .uint32, .implicit),
        ])

    private static let hashKVRequestRow = MessageSchema(
        "etcdserverpb.HashKVRequest",
        [
            FieldSchema(1, "revision", .int64, .implicit)
        ])

    private static let hashKVResponseRow = MessageSchema(
        "etcdserverpb.HashKVResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "hash", .uint32, .implicit),
            FieldSchema(3, "compact_revision", json: "compactRevision", .int64, .implicit),
            FieldSchema(4, "hash_revision", json: "hashRevision", .int64, .implicit),
        ])

    private static let snapshotRequestRow = MessageSchema("etcdserverpb.SnapshotRequest", [])

    private static let snapshotResponseRow = MessageSchema(
        "etcdserverpb.SnapshotResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "remaining_bytes", json: "remainingBytes", .uint64, .implicit),
            FieldSchema(3, "blob", .bytes, .implicit),
            FieldSchema(4, "version", .string, .implicit),
        ])

    private static let moveLeaderRequestRow = MessageSchema(
        "etcdserverpb.MoveLeaderRequest",
        [
            FieldSchema(1, "targetID", .uint64, .implicit)
        ])

    private static let moveLeaderResponseRow = MessageSchema(
        "etcdserverpb.MoveLeaderResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional)
        ])

    private static let raftAttributesRow = MessageSchema(
        "membershippb.RaftAttributes",
        [
            FieldSchema(1, "peer_urls", json: "peerUrls", .string, .repeated),
            FieldSchema(2, "is_learner", json: "isLearner", .bool, .implicit),
        ])

    private static let memberAttributesRow = MessageSchema(
        "membershippb.Attributes",
        [
            FieldSchema(1, "name", .string, .implicit),
            FieldSchema(2, "client_urls", json: "clientUrls", .string, .repeated),
        ])

    private static let memberRecordRow = MessageSchema(
        "membershippb.Member",
        [
            FieldSchema(1, "ID", .uint64, .implicit),
            FieldSchema(
                2, "raft_attributes", json: "raftAttributes",
                .message("membershippb.RaftAttributes"), .optional),
            FieldSchema(
                3, "member_attributes", json: "memberAttributes",
                .message("membershippb.Attributes"), .optional),
        ])

    private static let clusterVersionSetRequestRow = MessageSchema(
        "membershippb.ClusterVersionSetRequest",
        [
            FieldSchema(1, "ver", .string, .implicit)
        ])

    private static let clusterMemberAttrSetRequestRow = MessageSchema(
        "membershippb.ClusterMemberAttrSetRequest",
        [
            FieldSchema(1, "member_ID", json: "memberID", .uint64, .implicit),
            FieldSchema(
                2, "member_attributes", json: "memberAttributes",
                .message("membershippb.Attributes"), .optional),
        ])

    private static let downgradeInfoSetRequestRow = MessageSchema(
        "membershippb.DowngradeInfoSetRequest",
        [
            FieldSchema(1, "enabled", .bool, .implicit),
            FieldSchema(2, "ver", .string, .implicit),
        ])

    private static let userAddOptionsRow = MessageSchema(
        "authpb.UserAddOptions",
        [
            FieldSchema(1, "no_password", json: "noPassword", .bool, .implicit)
        ])

    private static let authUserRow = MessageSchema(
        "authpb.User",
        [
            FieldSchema(1, "name", .bytes, .implicit),
            FieldSchema(2, "password", .bytes, .implicit),
            FieldSchema(3, "roles", .string, .repeated),
            FieldSchema(4, "options", .message("authpb.UserAddOptions"), .optional),
        ])

    private static let authPermissionRow = MessageSchema(
        "authpb.Permission",
        [
            FieldSchema(1, "permType", .enumeration("authpb.Permission.Type"), .implicit),
            FieldSchema(2, "key", .bytes, .implicit),
            FieldSchema(3, "range_end", json: "rangeEnd", .bytes, .implicit),
        ])

    private static let authRoleRow = MessageSchema(
        "authpb.Role",
        [
            FieldSchema(1, "name", .bytes, .implicit),
            FieldSchema(2, "keyPermission", .message("authpb.Permission"), .repeated),
        ])

    private static let storedLeaseRow = MessageSchema(
        "leasepb.Lease",
        [
            FieldSchema(1, "ID", .int64, .implicit),
            FieldSchema(2, "TTL", .int64, .implicit),
            FieldSchema(3, "RemainingTTL", .int64, .implicit),
        ])

    private static let leaseInternalRequestRow = MessageSchema(
        "leasepb.LeaseInternalRequest",
        [
            FieldSchema(1, "LeaseTimeToLiveRequest", .message("etcdserverpb.LeaseTimeToLiveRequest"), .optional)
        ])

    private static let leaseInternalResponseRow = MessageSchema(
        "leasepb.LeaseInternalResponse",
        [
            FieldSchema(1, "LeaseTimeToLiveResponse", .message("etcdserverpb.LeaseTimeToLiveResponse"), .optional)
        ])

    private static let v2RequestRow = MessageSchema(
        "etcdserverpb.Request",
        [
            FieldSchema(1, "ID", .uint64, .required),
            FieldSchema(2, "Method", .string, .required),
            FieldSchema(3, "Path", .string, .required),
            FieldSchema(4, "Val", .string, .required),
            FieldSchema(5, "Dir", .bool, .required),
            FieldSchema(6, "PrevValue", .string, .required),
            FieldSchema(7, "PrevIndex", .uint64, .required),
            FieldSchema(8, "PrevExist", .bool, .optional),
            FieldSchema(9, "Expiration", .int64, .required),
            FieldSchema(10, "Wait", .bool, .required),
            FieldSchema(11, "Since", .uint64, .required),
            FieldSchema(12, "Recursive", .bool, .required),
            FieldSchema(13, "Sorted", .bool, .required),
            FieldSchema(14, "Quorum", .bool, .required),
            FieldSchema(15, "Time", .int64, .required),
            FieldSchema(16, "Stream", .bool, .required),
            FieldSchema(17, "Refresh", .bool, .optional),
        ])

    private static let watchRequestRow = MessageSchema(
        "etcdserverpb.WatchRequest",
        [
            FieldSchema(
                1, "create_request", json: "createRequest",
                .message("etcdserverpb.WatchCreateRequest"), .optional, oneof: "request_union"),
            FieldSchema(
                2, "cancel_request", json: "cancelRequest",
                .message("etcdserverpb.WatchCancelRequest"), .optional, oneof: "request_union"),
            FieldSchema(
                3, "progress_request", json: "progressRequest",
                .message("etcdserverpb.WatchProgressRequest"), .optional, oneof: "request_union"),
        ])

    private static let watchCreateRequestRow = MessageSchema(
        "etcdserverpb.WatchCreateRequest",
        [
            FieldSchema(1, "key", .bytes, .implicit),
            FieldSchema(2, "range_end", json: "rangeEnd", .bytes, .implicit),
            FieldSchema(3, "start_revision", json: "startRevision", .int64, .implicit),
            FieldSchema(4, "progress_notify", json: "progressNotify", .bool, .implicit),
            FieldSchema(5, "filters", .enumeration("etcdserverpb.WatchCreateRequest.FilterType"), .packed),
            FieldSchema(6, "prev_kv", json: "prevKv", .bool, .implicit),
            FieldSchema(7, "watch_id", json: "watchId", .int64, .implicit),
            FieldSchema(8, "fragment", .bool, .implicit),
        ])

    private static let watchCancelRequestRow = MessageSchema(
        "etcdserverpb.WatchCancelRequest",
        [
            FieldSchema(1, "watch_id", json: "watchId", .int64, .implicit)
        ])

    private static let watchProgressRequestRow = MessageSchema("etcdserverpb.WatchProgressRequest", [])

    private static let watchResponseRow = MessageSchema(
        "etcdserverpb.WatchResponse",
        [
            FieldSchema(1, "header", .message("etcdserverpb.ResponseHeader"), .optional),
            FieldSchema(2, "watch_id", json: "watchId", .int64, .implicit),
            FieldSchema(3, "created", .bool, .implicit),
            FieldSchema(4, "canceled", .bool, .implicit),
            FieldSchema(5, "compact_revision", json: "compactRevision", .int64, .implicit),
            FieldSchema(6, "cancel_reason", json: "cancelReason", .string, .implicit),
            FieldSchema(7, "fragment", .bool, .implicit),
            FieldSchema(11, "events", .message("mvccpb.Event"), .repeated),
        ])

    private static let healthCheckResponseServingStatusRow = EnumSchema(
        "grpc.health.v1.HealthCheckResponse.ServingStatus",
        [
            (0, "UNKNOWN"),
            (1, "SERVING"),
            (2, "NOT_SERVING"),
            (3, "SERVICE_UNKNOWN"),
        ])

    private static let eventEventTypeRow = EnumSchema(
        "mvccpb.Event.EventType",
        [
            (0, "PUT"),
            (1, "DELETE"),
        ])

    private static let rangeRequestSortOrderRow = EnumSchema(
        "etcdserverpb.RangeRequest.SortOrder",
        [
            (0, "NONE"),
            (1, "ASCEND"),
            (2, "DESCEND"),
        ])

    private static let rangeRequestSortTargetRow = EnumSchema(
        "etcdserverpb.RangeRequest.SortTarget",
        [
            (0, "KEY"),
            (1, "VERSION"),
            (2, "CREATE"),
            (3, "MOD"),
            (4, "VALUE"),
        ])

    private static let compareCompareResultRow = EnumSchema(
        "etcdserverpb.Compare.CompareResult",
        [
            (0, "EQUAL"),
            (1, "GREATER"),
            (2, "LESS"),
            (3, "NOT_EQUAL"),
        ])

    private static let compareCompareTargetRow = EnumSchema(
        "etcdserverpb.Compare.CompareTarget",
        [
            (0, "VERSION"),
            (1, "CREATE"),
            (2, "MOD"),
            (3, "VALUE"),
            (4, "LEASE"),
        ])

    private static let alarmTypeRow = EnumSchema(
        "etcdserverpb.AlarmType",
        [
            (0, "NONE"),
            (1, "NOSPACE"),
            (2, "CORRUPT"),
        ])

    private static let alarmRequestAlarmActionRow = EnumSchema(
        "etcdserverpb.AlarmRequest.AlarmAction",
        [
            (0, "GET"),
            (1, "ACTIVATE"),
            (2, "DEACTIVATE"),
        ])

    private static let downgradeRequestDowngradeActionRow = EnumSchema(
        "etcdserverpb.DowngradeRequest.DowngradeAction",
        [
            (0, "VALIDATE"),
            (1, "ENABLE"),
            (2, "CANCEL"),
        ])

    private static let authPermissionKindRow = EnumSchema(
        "authpb.Permission.Type",
        [
            (0, "READ"),
            (1, "WRITE"),
            (2, "READWRITE"),
        ])

    private static let watchCreateRequestFilterTypeRow = EnumSchema(
        "etcdserverpb.WatchCreateRequest.FilterType",
        [
            (0, "NOPUT"),
            (1, "NODELETE"),
        ])
}
