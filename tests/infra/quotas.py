"""AWS's quotas that a template can break. From AWS's documentation, each with its page; not tried on AWS."""

from datetime import date

TEMPLATE_BYTES, RESOURCES, PARAMETERS, OUTPUTS = 1_048_576, 500, 200, 200
"""CloudFormation User Guide, "Understand CloudFormation quotas": a template that comes from a bucket; a stack."""
INLINE_POLICIES, TRUST_POLICY, ROLE_NAME = 10_240, 2_048, 64
"""IAM User Guide, "IAM and AWS STS quotas": characters without white space, all inline policies of a role together."""
RESOURCE_POLICIES = {
    "AWS::DynamoDB::Table": 20_480,
    "AWS::KMS::Key": 32_768,
    "AWS::S3::BucketPolicy": 20_480,
    "AWS::SNS::TopicPolicy": 30_720,
    "AWS::SQS::QueuePolicy": 8_192,
}
"""Bytes of the policy that a resource has itself. Developer guides of each service, their pages on quotas."""
ENVIRONMENT_BYTES = 4_096
"""AWS Lambda Developer Guide, "Lambda quotas": all variables of a function together."""
DEFINITION_BYTES = 1_048_576
"""AWS Step Functions Developer Guide, "Quotas": the request that hands over a definition."""
API_BYTES, API_RESOURCES = 6_291_456, 300
"""API Gateway Developer Guide, "Quotas for REST APIs": an imported definition; paths and parts of paths of an API."""
PARAMETER_BYTES = 4_096
"""AWS Systems Manager User Guide: the value of a standard parameter."""
INDEXES = 20
"""Amazon DynamoDB Developer Guide, "Quotas in Amazon DynamoDB": global secondary indexes of a table."""
NAMES = {
    ("AWS::CloudWatch::Alarm", "AlarmName"): 255,
    ("AWS::Cognito::UserPool", "UserPoolName"): 128,
    ("AWS::DynamoDB::Table", "TableName"): 255,
    ("AWS::Events::Rule", "Name"): 64,
    ("AWS::IAM::Role", "RoleName"): 64,
    ("AWS::Lambda::Function", "FunctionName"): 64,
    ("AWS::Logs::LogGroup", "LogGroupName"): 512,
    ("AWS::S3::Bucket", "BucketName"): 63,
    ("AWS::SES::ConfigurationSet", "Name"): 64,
    ("AWS::SNS::Topic", "TopicName"): 256,
    ("AWS::SQS::Queue", "QueueName"): 80,
    ("AWS::Scheduler::Schedule", "Name"): 64,
    ("AWS::SecretsManager::Secret", "Name"): 512,
    ("AWS::StepFunctions::StateMachine", "StateMachineName"): 80,
    ("AWS::WAFv2::WebACL", "Name"): 128,
}
"""Characters of a name, in the API reference of each service."""
RUNTIMES = {
    "python3.10": date(2026, 10, 31),
    "python3.11": date(2027, 6, 30),
    "python3.12": date(2028, 10, 31),
    "python3.13": date(2029, 6, 30),
    "python3.14": date(2029, 6, 30),
}
"""When each is deprecated: AWS Lambda Developer Guide, "Lambda runtimes"; cfn-lint's own table says the same."""
EVERY_FUNCTION = {"Timeout": 900, "MemorySize": 10_240}
"""AWS Lambda Developer Guide, "Lambda quotas": seconds and MB."""
